"""The same network as a LightningModule."""

import lightning
import numpy as np
import torch
from sklearn.datasets import load_diabetes
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from emd_ref.metrics import median_decode
from emd_ref.torch import XESquaredEMDLoss


class Ordinal(lightning.LightningModule):
    def __init__(self, features: int, classes: int) -> None:
        super().__init__()
        self.network = nn.Sequential(nn.Linear(features, 32), nn.ReLU(), nn.Linear(32, classes))
        self.loss_function = XESquaredEMDLoss()  # was: nn.CrossEntropyLoss()

    def training_step(self, batch: list[torch.Tensor], _: int) -> torch.Tensor:
        x, y = batch
        return self.loss_function(self.network(x), y)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters(), lr=0.01)


features, progression = load_diabetes(return_X_y=True)
labels = np.digitize(progression, np.quantile(progression, [0.2, 0.4, 0.6, 0.8]))
x = torch.as_tensor(features / features.std(axis=0), dtype=torch.float32)
y = torch.as_tensor(labels)

lightning.seed_everything(0, verbose=False)
model = Ordinal(features=10, classes=5)
trainer = lightning.Trainer(
    max_epochs=5,
    accelerator="cpu",
    logger=False,
    enable_checkpointing=False,
    enable_progress_bar=False,
    enable_model_summary=False,
)
trainer.fit(model, DataLoader(TensorDataset(x, y), batch_size=64, shuffle=True))
with torch.no_grad():
    median = median_decode(model.network(x), from_logits=True)
print(f"mean absolute error {float((median - y).abs().float().mean()):.2f} classes")
