"""openai-whisper's own network, small, with what training needs beside it."""

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional
from vocabulary import SIZE, Vocabulary
from whisper.model import ModelDimensions, Whisper

STATE, HEADS, AUDIO_LAYERS, TEXT_LAYERS = 144, 4, 4, 2
_NEAR = 12.0


class Network(nn.Module):
    """A Whisper over the tokens that occur, and a head that reads sounds off the encoder."""

    def __init__(self, vocabulary: Vocabulary, sounds: Sequence[str]) -> None:
        """Start with random weights.

        Args:
            vocabulary: The tokens that occur.
            sounds: The phonemes of the corpus; the head has one more output for none.
        """
        super().__init__()
        self.vocabulary, self.sounds = vocabulary, list(sounds)
        self.whisper = Whisper(dimensions(vocabulary.size + 1))
        nn.init.normal_(self.whisper.decoder.token_embedding.weight, std=0.05)
        nn.init.normal_(self.whisper.decoder.positional_embedding, std=0.02)
        self.ctc = nn.Linear(STATE, len(sounds) + 1)
        self.looked: list[tuple[nn.Module, torch.Tensor, torch.Tensor]] = []
        for block in self.whisper.decoder.blocks:
            block.cross_attn.register_forward_pre_hook(
                lambda module, given: self.looked.append((module, given[0], given[1]))
            )

    def encode(self, mel: torch.Tensor, first: int = 0) -> torch.Tensor:
        """Features of part of a window.

        Args:
            mel: As Whisper scales it, shape (batch, 80, frames).
            first: Position in the window where the part begins, in 20 ms.

        Returns:
            Shape (batch, frames / 2, state).
        """
        encoder = self.whisper.encoder
        x = functional.gelu(encoder.conv2(functional.gelu(encoder.conv1(mel)))).permute(0, 2, 1)
        x = x + encoder.positional_embedding[first : first + x.shape[1]]
        for block in encoder.blocks:
            x = block(x)
        return encoder.ln_post(x)

    def decode(self, tokens: torch.Tensor, features: torch.Tensor) -> torch.Tensor:
        """Logits of the next tokens, shape (batch, tokens, size + 1)."""
        self.looked.clear()
        logits = self.whisper.decoder(tokens, features)
        logits[..., -1] += self.vocabulary.others
        return logits

    def astray(self, places: torch.Tensor, counted: torch.Tensor) -> torch.Tensor:
        """How far the alignment heads of the last decoding look from where the words are.

        Args:
            places: Where they should look, in 20 ms, shape (batch, tokens).
            counted: Which tokens count, shape (batch, tokens).

        Returns:
            Mean negative logarithm of the attention that falls near the places.
        """
        size, total = STATE // HEADS, torch.zeros(())
        for layer, (module, x, features) in enumerate(self.looked):
            query, key = module.query(x), module.key(features)
            away = torch.arange(features.shape[1])[None, None] - places[..., None]
            weight = torch.exp(-((away / _NEAR) ** 2) / 2)
            # openai-whisper times words by the upper half of the layers, all heads of it.
            heads = HEADS if layer >= TEXT_LAYERS // 2 else 1
            for head in range(heads):
                mine = slice(head * size, (head + 1) * size)
                scores = query[..., mine] @ key[..., mine].transpose(1, 2) * size**-0.5
                near = (scores.softmax(-1) * weight).sum(-1)
                total = total - (near + 1e-4).log()[counted].mean() / heads
        return total / len(self.looked)

    @torch.no_grad()
    def greedy(self, mel: torch.Tensor, longest: int = 48) -> list[str]:
        """The likeliest words without time marks, for a look while training."""
        self.eval()
        kept = self.vocabulary
        features = self.encode(mel)
        tokens = torch.tensor([[kept.sot, kept.no_timestamps]] * len(mel))
        for _ in range(longest):
            logits = self.decode(tokens, features)[:, -1]
            logits[:, kept.begin : kept.begin + 1501] = -torch.inf
            after = logits[:, :-1].argmax(-1)
            after[(tokens == kept.eot).any(1)] = kept.eot
            tokens = torch.cat([tokens, after[:, None]], 1)
            if bool((after == kept.eot).all()):
                break
        self.train()
        return [kept.text(row) for row in tokens.tolist()]

    def checkpoint(self) -> dict[str, object]:
        """What `whisper.load_model` loads, in 16 bits."""
        state = {k: v.detach().clone() for k, v in self.whisper.state_dict().items()}
        name = "decoder.token_embedding.weight"
        state[name] = self.vocabulary.whole(state[name])
        return {
            "dims": vars(dimensions(SIZE)),
            "model_state_dict": {k: v.half() for k, v in state.items()},
        }


def dimensions(words: int) -> ModelDimensions:
    """Sizes of the network for a number of tokens."""
    return ModelDimensions(
        n_mels=80, n_audio_ctx=1500, n_audio_state=STATE, n_audio_head=HEADS,
        n_audio_layer=AUDIO_LAYERS, n_vocab=words, n_text_ctx=448, n_text_state=STATE,
        n_text_head=HEADS, n_text_layer=TEXT_LAYERS,
    )  # fmt: skip
