"""Trainable losses for PyTorch: the reference in a training loop, called as `torch.nn.CrossEntropyLoss` is.

Classes lie along axis 1 of (N, C, ...), or along the only axis of (C,). Values and analytic gradients are those of the
reference, computed in float64 where the device has it, and rounded once.
"""

from emd_ref.torch._fixed import EMDLoss, FusedSquaredEMDLoss, SquaredEMDLoss, XEMDLoss, XESquaredEMDLoss
from emd_ref.torch._self_guided import SelfGuidedXEMDLoss

__all__ = ["EMDLoss", "FusedSquaredEMDLoss", "SelfGuidedXEMDLoss", "SquaredEMDLoss", "XEMDLoss", "XESquaredEMDLoss"]
