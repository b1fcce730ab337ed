"""Train a network on five ordered classes: quintiles of the progression of diabetes in 442 patients."""

import numpy as np
import torch
from sklearn.datasets import load_diabetes
from torch import nn

from emd_ref.metrics import median_decode
from emd_ref.torch import XESquaredEMDLoss

features, progression = load_diabetes(return_X_y=True)
labels = np.digitize(progression, np.quantile(progression, [0.2, 0.4, 0.6, 0.8]))
x = torch.as_tensor(features / features.std(axis=0), dtype=torch.float32)
y = torch.as_tensor(labels)
train, test = torch.arange(len(y)) % 5 != 0, torch.arange(len(y)) % 5 == 0

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(10, 32), nn.ReLU(), nn.Linear(32, 5))
loss_function = XESquaredEMDLoss()  # was: nn.CrossEntropyLoss()
optimiser = torch.optim.Adam(model.parameters(), lr=0.01)

for _ in range(100):
    optimiser.zero_grad()
    loss = loss_function(model(x[train]), y[train])
    loss.backward()
    optimiser.step()

with torch.no_grad():
    median = median_decode(model(x[test]), from_logits=True)  # the class of least expected error
print(f"mean absolute error {float((median - y[test]).abs().float().mean()):.2f} classes")
