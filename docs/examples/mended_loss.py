from torch import nn


class MyLoss(nn.Module):
    def forward(self, logits, labels):
        p = logits.softmax(dim=-1)
        t = nn.functional.one_hot(labels, logits.shape[-1])
        return (p - t).cumsum(dim=-1).square().sum(dim=-1).mean()
