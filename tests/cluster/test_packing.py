"""What is packed comes back with the same content, in this process and in another one."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from negres_core import Dataset, Fit, Recipe
from negres_core.arrays import is_mapped, is_same, label_arrays
from negres_core.cluster.packing import pack_data, pack_recipe, place_of, search_in, unpack_data, unpack_recipe
from negres_core.errors import ClusterError
from tests.experiment.simple_arms import DATA, ONE, PATIENTS

RNG = np.random.default_rng(0)
IMAGES = RNG.uniform(size=(6, 4, 4, 1)).astype(np.float32)
FRAME = pd.DataFrame({"town": ["Ulm", "Bonn", None, "Ulm"], "rooms": [1, 2, 3, 4]})


@pytest.mark.parametrize(
    "data",
    [
        DATA,
        PATIENTS,
        Dataset(x=IMAGES, y=IMAGES, name="images"),
        Dataset(x={"a": IMAGES, "b": IMAGES[:, 0, 0]}, y=[0, 1] * 3, name="two inputs"),
        Dataset(
            x=FRAME,
            y=[0.5, 1.5, 2.5, 3.5],
            name="a frame",
            sample_weight=[1, 2, 1, 2],
            attributes={"floor": FRAME.rooms},
        ),
    ],
    ids=lambda data: data.name,
)
def test_a_data_set_comes_back(data):
    back = unpack_data(pack_data(data))
    assert (back.digest, back.name, back.names) == (data.digest, data.name, data.names)
    assert back.attributes.keys() == data.attributes.keys()
    assert is_same(back.x, back.y) == is_same(data.x, data.y)
    assert back.has_frame == data.has_frame
    assert not any(array.flags.writeable for array in label_arrays(back.y, "y").values())


def test_prepared_inputs_keep_their_origin():
    prepared = DATA.with_inputs(DATA.x * 2)
    back = unpack_data(pack_data(prepared))
    assert back.digest == prepared.digest
    assert back.origin.digest == DATA.digest


def test_inputs_on_disk_stay_there(tmp_path):
    np.save(tmp_path / "x.npy", IMAGES)
    data = Dataset(x=np.load(tmp_path / "x.npy", mmap_mode="r"), y=[0, 1] * 3, name="on disk")
    packed = pack_data(data)
    assert IMAGES.tobytes() not in packed
    assert is_mapped(unpack_data(packed).x)
    np.save(tmp_path / "x.npy", IMAGES + 1)
    with pytest.raises(ClusterError, match="'on disk' has other content on this worker"):
        unpack_data(packed)
    (tmp_path / "x.npy").unlink()
    with pytest.raises(ClusterError, match="a worker cannot read their file"):
        unpack_data(packed)


def test_a_recipe_comes_back():
    recipe, watched = unpack_recipe(pack_recipe(ONE, None), place_of(Path.cwd()))
    assert recipe == ONE
    assert watched is None


def test_what_cannot_be_sent_is_refused():
    lock = threading.Lock()

    def fit(train, test):
        return lock

    with pytest.raises(ClusterError, match="cannot be sent to a worker"):
        pack_recipe(Recipe(Fit(fit)), None)


def test_another_process_finds_the_code_of_the_user_in_the_root(tmp_path):
    (tmp_path / "mine.py").write_text("def fit(train, test): ...")
    (tmp_path / "elsewhere").mkdir()
    program = (
        "import sys, pickle\n"
        "from pathlib import Path\n"
        "from negres_core import Recipe, Fit\n"
        "from negres_core.cluster.packing import pack_recipe, place_of\n"
        "sys.path.append(sys.argv[1]); import mine; sys.path.pop()\n"
        "sys.stdout.buffer.write(pickle.dumps((pack_recipe(Recipe(Fit(mine.fit)), None), place_of(Path(sys.argv[1])))))"
    )
    here = {"cwd": Path(__file__).parents[2], "capture_output": True}
    packed = subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True, **here).stdout
    unpack = (
        "import sys, pickle\n"
        "from negres_core.cluster.packing import unpack_recipe\n"
        "recipe, watched = unpack_recipe(*pickle.loads(sys.stdin.buffer.read()))\n"
        "print(recipe.fit.function.__module__)"
    )
    assert subprocess.run([sys.executable, "-c", unpack], input=packed, check=True, **here).stdout.strip() == b"mine"


def test_folders_below_the_root_are_relative_to_it(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [str(tmp_path / "src"), str(tmp_path.parent)])
    place = place_of(tmp_path)
    assert place.paths == (".", "src", str(tmp_path.parent))
    (tmp_path / "src").mkdir()
    monkeypatch.setattr(sys, "path", [])
    search_in(place)
    assert sys.path == [str(tmp_path), str(tmp_path / "src"), str(tmp_path.parent)]
