"""Lines as people print them, and what of them is a metric; as many that hold numbers and no metric."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wellfit.record.forms import Forms
from wellfit.record.lines import values_in
from wellfit.record.printed import Reader

METRICS = {
    # names and signs
    "val_loss=0.31": {"val_loss": 0.31},
    "epoch: 3, train/loss: 1.2e-3, acc=97%": {"epoch": 3, "train/loss": 0.0012, "acc": 97},
    "{'eval_loss': 0.412, 'eval_accuracy': 0.9, 'epoch': 1.0}": {"eval_loss": 0.412, "eval_accuracy": 0.9, "epoch": 1},
    '{"loss": "0.25", "step": 100}': {"loss": 0.25, "step": 100},
    "loss = 2.5 | grad_norm = 1,234.5": {"loss": 2.5, "grad_norm": 1234.5},
    "loss=nan lr=-inf": {"loss": float("nan"), "lr": float("-inf")},
    "reward=200 len=35": {"reward": 200, "len": 35},
    "Step 10 | loss=0.3 | lr 1.00e-03 | 12.5 it/s | mem 3.2GB": {"loss": 0.3, "lr": 0.001},
    "eval/f1_macro = 0.8": {"eval/f1_macro": 0.8},
    "accuracy: 93.5 %": {"accuracy": 93.5},
    "loss:0.25,acc:0.5": {"loss": 0.25, "acc": 0.5},
    "k=1.5 s=2.5 b: 3.5": {"k": 1.5, "s": 2.5, "b": 3.5},
    # names of several words
    "test accuracy 0.722": {"test_accuracy": 0.722},
    "val loss 0.31": {"val_loss": 0.31},
    "epoch 3 | train loss 0.5 | val acc 91.2%": {"train_loss": 0.5, "val_acc": 91.2},
    "train loss: 0.5, val loss: 0.4": {"train_loss": 0.5, "val_loss": 0.4},
    "Train loss: 0.5000 | Test loss: 0.6000 | Accuracy: 93.2%": {
        "Train_loss": 0.5,
        "Test_loss": 0.6,
        "Accuracy": 93.2,
    },
    "The final test accuracy is: 0.93": {"final_test_accuracy": 0.93},
    "Test accuracy is 93.2%": {"Test_accuracy": 93.2},
    "Learning rate: 0.001": {"Learning_rate": 0.001},
    "Loss (train): 0.31": {"Loss_train": 0.31},
    "Accuracy (top-1): 76.1%": {"Accuracy_top-1": 76.1},
    "Best val acc so far 0.93": {"val_acc_so_far": 0.93},
    "mIoU: 0.71": {"mIoU": 0.71},
    "R2 0.93": {"R2": 0.93},
    "PSNR 32.1 dB SSIM 0.91": {"PSNR": 32.1, "SSIM": 0.91},
    "loss nan": {"loss": float("nan")},
    # the rest of the line says that it tells of a training
    "epoch 3  train 0.4  held out 0.5  variance 0.6": {"train": 0.4, "held_out": 0.5, "variance": 0.6},
    "step 30 -ELBO train -3.21 test -3.30": {"ELBO_train": -3.21, "test": -3.3},
    "epoch 7: relative error 0.0123": {"relative_error": 0.0123},
    "step 250: concordance 0.71, of covariances 0.4": {"concordance": 0.71, "covariances": 0.4},
    "epoch  12   loss   0.3456   test accuracy 0.812": {"loss": 0.3456, "test_accuracy": 0.812},
    "  40 loss 0.312 accuracy 0.853": {"loss": 0.312, "accuracy": 0.853},
    "step 20 torch.float32 loss 0.31 1-nn accuracy 0.8": {"loss": 0.31, "accuracy": 0.8},
    # progress
    "Epoch [3/10], Loss: 0.5": {"Loss": 0.5},
    "Epoch [3/10], Step [100/600], Loss: 0.2345": {"Loss": 0.2345},
    "Epoch 1/10 - loss: 0.5 - acc: 0.8 - val_loss: 0.4 - val_acc: 0.85": {
        "loss": 0.5,
        "acc": 0.8,
        "val_loss": 0.4,
        "val_acc": 0.85,
    },
    "12/12 [==============================] - 1s 20ms/step - loss: 0.3": {"loss": 0.3},
    "Train Epoch: 1 [640/60000 (1%)]\tLoss: 2.300039": {"Epoch": 1, "Loss": 2.300039},
    "[1,  2000] loss: 2.180": {"loss": 2.18},
    "| epoch   1 |   200/ 2928 batches | lr 5.00 | ms/batch 15.23 | loss  6.85 | ppl   943.49": {
        "lr": 5,
        "loss": 6.85,
        "ppl": 943.49,
    },
    "| end of epoch   1 | time: 45.67s | valid loss  5.67 | valid ppl   290.12": {
        "valid_loss": 5.67,
        "valid_ppl": 290.12,
    },
    "Epoch: [3][  10/5005]\tTime  0.345 ( 0.400)\tData  0.012 (0.100)\tLoss 6.9e+00 (7.0e+00)\tAcc@1   0.39 (  0.10)": {
        "Loss": 6.9,
        "Acc@1": 0.39,
    },
    " * Acc@1 76.130 Acc@5 92.862": {"Acc@1": 76.13, "Acc@5": 92.862},
    "iter 100: loss 2.3456, time 345.67ms, mfu 3.45%": {"loss": 2.3456, "mfu": 3.45},
    " 45%|####5     | 45/100 [00:12<00:15, 3.6it/s, loss=0.5]": {"loss": 0.5},
    "Epoch 3: 100%|##########| 10/10 [00:01<00:00, 9.8it/s, v_num=0, train_loss=0.3]": {"train_loss": 0.3},
    "Episode 12\tReward: 200.0\tAverage Reward: 150.2": {"Reward": 200, "Average_Reward": 150.2},
    # so many of so many
    "Test set: Average loss: 0.0512, Accuracy: 9833/10000 (98%)": {"Average_loss": 0.0512, "Accuracy": 0.9833},
    "epoch 2 loss 0.5 accuracy 87/100": {"loss": 0.5, "accuracy": 0.87},
    "Accuracy of the network on the 10000 test images: 76 %": {"Accuracy_of_network_on_test_images": 76},
    "Accuracy for class: plane is 81.2 %": {"Accuracy_for_class_plane": 81.2},
    # what Python shows of a number
    "{'loss': tensor(0.31, device='cuda:0', grad_fn=<NllLossBackward0>)}": {"loss": 0.31},
    "loss tensor(0.3100)": {"loss": 0.31},
    "Loss: tensor([0.3100], requires_grad=True)": {"Loss": 0.31},
    "rmse np.float64(-0.31)": {"rmse": -0.31},
    "{'accuracy': np.float32(0.5), 'f1': array(0.25)}": {"accuracy": 0.5, "f1": 0.25},
    # loggers and colours
    "2026-11-28 10:11:12,345 INFO train: loss: 0.4 acc: 0.5": {"loss": 0.4, "acc": 0.5},
    "[2026-11-28 10:00:00] INFO training loss: 0.3": {"training_loss": 0.3},
    "INFO:root:Epoch 1 loss: 0.2": {"loss": 0.2},
    "[GPU 0] loss 0.3": {"loss": 0.3},
    "\x1b[32mloss\x1b[0m: \x1b[1m0.3\x1b[0m": {"loss": 0.3},
    "    accuracy                           0.97       360": {"accuracy": 0.97},
}

OTHERS = (
    # times and rates
    "finished at 2026-11-28 09:15:33",
    "time: 12:30",
    "Time: 3.45 s",
    "took 3.5",
    "epoch 3 took 12.5 s",
    "epoch 3 took 12.5",
    "elapsed: 12.25",
    "Total time = 00:12:13",
    "Training time (s): 12.5",
    "throughput 1250.5 samples/s",
    "12.5 ms a step",
    "ETA: 0:03:12, 1.25 s/it",
    "Nov 28 2026 10:11:12",
    # versions, addresses, devices, files
    "torch: 2.13.0+cpu",
    "torch: 2.4",
    "Python 3.11",
    "PyTorch version: 2.4",
    "CUDA 12.4 cudnn 9.1",
    "saved to runs/model=3.pt",
    "Saved checkpoint to out/epoch_3.ckpt",
    "see http://host:8080/x",
    "TensorBoard at http://localhost:6006/",
    "listening on 127.0.0.1:8080",
    "Using device: cuda:0",
    "device 0: NVIDIA H200",
    "<Foo object at 0x7f00aa>",
    "weights 0x1.8p+3",
    # shapes and sizes
    "size: 3x64x64",
    "shape=(3, 4) name=adam",
    "torch.Size([64, 10])",
    "x.shape: (64, 10)",
    "input 3 x 224 x 224",
    "Total parameters: 1,234,567",
    "12 parameters",
    "Model has 3.2 M parameters",
    "1,234 parameters, 12 batches an epoch",
    "Found 1234 images in 10 classes",
    "Memory: 3.1 GB",
    "max memory allocated 3.1 GB",
    "Batch size: 32",
    "batch size 32",
    # counters
    "no values here",
    "epoch 3 of 10",
    "Epoch 3/10",
    "step 100",
    "seed 42",
    "Fold 3 starts",
    "accuracy 87 of 100",
    "Early stopping after 3 epochs without improvement",
    "Loading checkpoint 3",
    # what has become of another number
    "Validation loss decreased (0.512345 --> 0.312345).  Saving model ...",
    "val loss improved 0.51 -> 0.48",
    "val_loss did not improve from 0.31",
    # objects by their arguments
    "Namespace(lr=0.1, epochs=3)",
    "Config(lr=0.1, inner=Inner(drop=0.5))",
    "  (0): Dropout(p=0.5, inplace=False)",
    "  (1): BatchNorm2d(64, eps=1e-05, momentum=0.1, affine=True)",
    "[1.0, 2.0, 3.0]",
    "tensor([0.1, 0.2])",
    "[[0.1 0.2]",
    "split 0.8 0.1 0.1",
)


@pytest.mark.parametrize("line", METRICS)
def test_a_line_gives_its_metrics(line):
    assert dict(Reader().values_in(line)) == pytest.approx(METRICS[line], nan_ok=True)


@pytest.mark.parametrize("line", OTHERS)
def test_a_line_without_metrics_gives_none(line):
    assert Reader().values_in(line) == []


BLOCKS = {
    """epoch     train_loss  valid_loss  accuracy  time
0         0.512345    0.412345    0.812345  00:12
saved a checkpoint
1         0.412345    0.312345    0.912345  00:11
""": [
        *(("train_loss", 0.512345), ("valid_loss", 0.412345), ("accuracy", 0.812345)),
        *(("train_loss", 0.412345), ("valid_loss", 0.312345), ("accuracy", 0.912345)),
    ],
    """
| Epoch | Train Loss | Val Acc |
|-------|------------|---------|
| 1/10  | 0.5        | 91.2%   |
""": [("Train_Loss", 0.5), ("Val_Acc", 91.2)],
    "epoch,loss,acc\n1,0.5,0.7\n2,0.4,0.8": [("loss", 0.5), ("acc", 0.7), ("loss", 0.4), ("acc", 0.8)],
    "Epoch | Loss | Acc\n    1 | 0.50 | nan": [("Loss", 0.5), ("Acc", float("nan"))],
    """
┃        Test metric        ┃       DataLoader 0        ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━━━━┩
│         test_acc          │    0.9789999723434448     │
│         test_loss         │           0.06            │
└───────────────────────────┴───────────────────────────┘
""": [("test_acc", 0.9789999723434448), ("test_loss", 0.06)],
    '{\n  "test_loss": 0.31,\n  "test_acc": 0.9\n}': [("test_loss", 0.31), ("test_acc", 0.9)],
    """AdamW (
Parameter Group 0
    lr: 0.001
    weight_decay: 0.01
)
loss: 0.5
""": [("loss", 0.5)],
    """Net(
  (0): Sequential(
    (0): Dropout(p=0.5, inplace=False)
  )
)
loss: 0.5
""": [("loss", 0.5)],
    'Model config BertConfig {\n  "dropout": 0.1\n}\nloss: 0.5': [("loss", 0.5)],
    """
  | Name  | Type   | Params | Mode  | FLOPs
-----------------------------------------------
0 | layer | Linear | 650    | train | 0
-----------------------------------------------
650       Trainable params
0.003     Total estimated model params size (MB)
""": [],
    """
              precision    recall  f1-score   support

           0       0.98      0.99      0.98       100
   macro avg       0.97      0.97      0.97       360
""": [],
    "Results (\n" + "\n".join(["done"] * 70) + "\nloss: 0.5": [("loss", 0.5)],
}


@pytest.mark.parametrize("block", BLOCKS)
def test_lines_that_hang_together(block):
    reader = Reader()
    found = [value for line in block.splitlines() for value in reader.values_in(line)]
    assert [name for name, _ in found] == [name for name, _ in BLOCKS[block]]
    assert [value for _, value in found] == pytest.approx([value for _, value in BLOCKS[block]], nan_ok=True)


NUMBERS = st.one_of(
    st.integers(-(10**7), 10**7).map(str),
    st.integers(0, 10**9).map("{:,}".format),
    st.floats(-1e4, 1e4, allow_nan=False).map("{:.4f}".format),
    st.floats(1e-9, 1e9).map("{:.2e}".format),
    st.floats(-1, 1).map(repr),
    st.sampled_from(["nan", "inf", "3/10", "0x1f", "2.13.0", "12:30", "2026-11-28", "1e5", ".5", "7."]),
)
WORDS = st.sampled_from(
    ["loss", "acc", "epoch", "step", "f1", "top-1", "Acc@5", "the", "of", "is", "took", "lr", "e3", "train loss"]
)
SIGNS = st.sampled_from(["=", ": ", " ", "  ", ", ", " | ", "(", ") ", "[", "/", "%", " - ", "'", "tensor("])


@given(st.lists(st.tuples(WORDS, SIGNS, NUMBERS, SIGNS), max_size=5), st.lists(NUMBERS, min_size=5, max_size=5))
def test_a_line_of_a_form_that_came_before_is_read_as_if_it_were_the_first(parts, others):
    forms = Forms()
    first = "".join(map("".join, parts))
    second = "".join(f"{word}{sign}{other}{end}" for (word, sign, _, end), other in zip(parts, others, strict=False))
    for line in (first, second, first):
        assert repr(list(forms.values_in(line))) == repr(list(values_in(line)))
