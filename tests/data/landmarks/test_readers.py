from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from manyfaces.core.errors import DataError
from manyfaces.data.landmarks import AFW, HELEN, W300, pictures, read_300vw, read_aflw2000, read_cofw68, read_ibug
from manyfaces.data.landmarks.w300vw import CATEGORIES

STEMS = {
    "lfpw/testset": ["image_0001", "image_0002"],
    "helen/testset": ["100032540_1", "100040721_1", "100040721_2"],
    "ibug": ["image_003_1", "image_018", "image_092 _01"],
    "300W/01_Indoor": ["indoor_001"],
    "300W/02_Outdoor": ["outdoor_001"],
}


def test_300w_as_published(miniatures: ModuleType, tmp_path: Path) -> None:
    written = miniatures.write_ibug(tmp_path, {**STEMS, "afw": ["1_1"], "helen/trainset": ["9_1"]})
    found = read_ibug(tmp_path, W300)
    assert found.groups == ("common", "full", "challenging", "test")
    assert [sample.name for sample in found.samples] == [f"{s}/{name}" for s, names in STEMS.items() for name in names]
    for sample in found.samples:
        assert sample.points == pytest.approx(written[sample.name], abs=1e-6)
    counts = {group: sum(group in s.groups for s in found.samples) for group in found.groups}
    assert counts == {"common": 5, "full": 8, "challenging": 3, "test": 2}
    assert "helen/testset: 3 of the published 330 faces" in found.notes
    assert len(found.notes) == 5


def test_faces_of_one_photo_are_one_subject(miniatures: ModuleType, tmp_path: Path) -> None:
    miniatures.write_ibug(tmp_path, STEMS)
    subject = {sample.name: sample.subject for sample in read_ibug(tmp_path, W300).samples}
    assert subject["helen/testset/100040721_1"] == subject["helen/testset/100040721_2"]
    assert len(set(subject.values())) == len(subject) - 1
    assert subject["ibug/image_018"] == "ibug/image_018"
    assert subject["ibug/image_092 _01"] == "ibug/image_092"


def test_helen_and_afw_from_the_collection_or_their_own_folder(miniatures: ModuleType, tmp_path: Path) -> None:
    miniatures.write_ibug(tmp_path, {"helen/testset": ["1_1", "2_1"], "afw": ["3_1"]}, ".jpg")
    for folder in (tmp_path, tmp_path / "helen", tmp_path / "helen" / "testset"):
        assert [s.name for s in read_ibug(folder, HELEN).samples] == ["helen/testset/1_1", "helen/testset/2_1"]
    for folder in (tmp_path, tmp_path / "afw"):
        assert [s.name for s in read_ibug(folder, AFW).samples] == ["afw/3_1"]


def test_copies_without_header(miniatures: ModuleType, tmp_path: Path) -> None:
    miniatures.write_ibug(tmp_path, {"afw": ["3_1"]})
    miniatures.write_pts(tmp_path / "afw" / "3_1.pts", miniatures.face(0), header=False)
    [sample] = read_ibug(tmp_path, AFW).samples
    assert sample.points == pytest.approx(miniatures.face(0), abs=1e-6)


@pytest.mark.parametrize("layout", ["dlib", "mmpose"])
def test_copies_with_a_list(miniatures: ModuleType, tmp_path: Path, layout: str) -> None:
    files = ["helen/testset/1_1.png", "ibug/2_1.png", "afw/3_1.png", "lfpw/testset/image_0001.png"]
    root = tmp_path if layout == "dlib" else tmp_path / "images"
    for file in (*files, "ibug/2_1_mirror.png"):
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        miniatures.write_image(root / file, miniatures.picture(0))
    if layout == "dlib":
        miniatures.write_dlib_list(tmp_path / "labels_ibug_300W_train.xml", files[:2])
        miniatures.write_dlib_list(tmp_path / "labels_ibug_300W_test.xml", [*files[2:], "ibug/2_1_mirror.png"])
    else:
        miniatures.write_coco_list(tmp_path / "annotations" / "face_landmarks_300w_valid.json", files)
        miniatures.write_coco_list(tmp_path / "annotations" / "face_landmarks_300w_valid_common.json", files[:1])
    found = read_ibug(tmp_path, W300)
    names = ["lfpw/testset/image_0001", "helen/testset/1_1", "ibug/2_1"]
    assert [sample.name for sample in found.samples] == names
    assert all(sample.box_px is not None and sample.visible is None for sample in found.samples)
    assert len(list(pictures(found.samples))) == 3


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: (folder / "1_1.png").unlink(), "1_1.pts has no picture"),
        (lambda folder: (folder / "1_1.pts").write_text("version: 1\nn_points: 68\n{\n1 2\n}"), "1_1.pts says it"),
        (lambda folder: (folder / "1_1.pts").write_text("1 2\n" * 67), "1_1.pts holds 67 points"),
        (lambda folder: (folder / "1_1.pts").write_text("1 2\n" * 68), "1_1.pts holds no face"),
        (lambda folder: (folder / "1_1.pts").write_text("1 nan\n" * 68), "1_1.pts: point 0 is not finite"),
        (lambda folder: [p.unlink() for p in folder.iterdir()], "holds no annotated picture"),
    ],
)
def test_damaged_300w_is_refused_by_name(miniatures: ModuleType, tmp_path: Path, damage, message: str) -> None:
    miniatures.write_ibug(tmp_path, {"ibug": ["1_1"]})
    damage(tmp_path / "ibug")
    with pytest.raises(DataError, match=message):
        read_ibug(tmp_path, W300)


def test_300vw_streams_the_frames_that_are_annotated(miniatures: ModuleType, tmp_path: Path) -> None:
    miniatures.write_300vw(tmp_path, {114: 4, 203: 3, 410: 2, 1: 5})
    found = read_300vw(tmp_path)
    assert found.groups == ("category 1", "category 2", "category 3", "all")
    assert [sample.subject for sample in found.samples] == [*4 * ["114"], *3 * ["203"], *2 * ["410"]]
    assert found.notes[0] == "category 1: 1 of the published 31 videos"
    for sample, image in pictures(found.samples):
        number = int(sample.name[-6:]) - 1
        assert sample.points == pytest.approx(miniatures.face(number), abs=1e-6)
        assert np.abs(image.astype(int) - miniatures.picture(number)).max() < 8


def test_300vw_takes_each_nth_frame(miniatures: ModuleType, tmp_path: Path) -> None:
    miniatures.write_300vw(tmp_path, {114: 5})
    found = read_300vw(tmp_path, every=2)
    assert [sample.name for sample in found.samples] == ["114/000001", "114/000003", "114/000005"]
    shown = [image.mean((0, 1)) for _, image in pictures(found.samples)]
    assert np.abs(np.array(shown) - [miniatures.picture(k).mean((0, 1)) for k in (0, 2, 4)]).max() < 8


def test_300vw_names_64_videos_each_once() -> None:
    videos = [video for category in CATEGORIES.values() for video in category]
    assert [len(category) for category in CATEGORIES.values()] == [31, 19, 14]
    assert len(set(videos)) == 64


def test_a_video_that_ends_early_is_not_passed_over(miniatures: ModuleType, tmp_path: Path) -> None:
    miniatures.write_300vw(tmp_path, {114: 2})
    miniatures.write_pts(tmp_path / "114" / "annot" / "000003.pts", miniatures.face(2))
    with pytest.raises(DataError, match=r"vid\.avi ends after 2 frames, frame 3"):
        list(pictures(read_300vw(tmp_path).samples))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: (folder / "vid.avi").unlink(), "there is no .*114/vid.avi"),
        (lambda folder: (folder / "vid.avi").write_bytes(b"no"), "vid.avi is no video"),
        (lambda folder: (folder / "annot" / "x.pts").write_text(""), "x.pts is not named after a frame"),
        (lambda folder: [p.unlink() for p in (folder / "annot").iterdir()], "annot holds no .pts"),
        (lambda folder: folder.rename(folder.with_name("115")), "holds no test video"),
    ],
)
def test_damaged_300vw_is_refused_by_name(miniatures: ModuleType, tmp_path: Path, damage, message: str) -> None:
    miniatures.write_300vw(tmp_path, {114: 1})
    damage(tmp_path / "114")
    with pytest.raises(DataError, match=message):
        list(pictures(read_300vw(tmp_path).samples))


def test_aflw2000_as_published(miniatures: ModuleType, tmp_path: Path) -> None:
    miniatures.write_aflw2000(tmp_path / "AFLW2000", [0, -29.9, 30.1, 59, -60.5, 110])
    for folder in (tmp_path, tmp_path / "AFLW2000"):
        found = read_aflw2000(folder)
        assert [s.name for s in found.samples] == [f"image{k:05d}" for k in (2, 4, 6, 8, 10, 12)]
        bins = [sample.groups[0] for sample in found.samples]
        assert bins == ["yaw 0-30", "yaw 0-30", "yaw 30-60", "yaw 30-60", "yaw 60-90", "yaw 60-90"]
    assert found.groups == ("yaw 0-30", "yaw 30-60", "yaw 60-90", "all")
    assert found.notes == ("6 of the published 2000 pictures",)
    for number, sample in enumerate(found.samples):
        assert sample.points.shape == (68, 3)
        assert sample.points_px == pytest.approx(miniatures.face(number))
        assert sample.points[:, 2] == pytest.approx(np.linspace(-50, 50, 68))


def test_aflw2000_annotated_again(miniatures: ModuleType, tmp_path: Path) -> None:
    miniatures.write_aflw2000(tmp_path, [0, 40])
    with pytest.raises(DataError, match="holds no AFLW2000-3D-Reannotated"):
        read_aflw2000(tmp_path, "reannotated")
    (tmp_path / "test.configs").mkdir()
    file = tmp_path / "test.configs" / "AFLW2000-3D-Reannotated.pts68.npy"
    np.save(file, np.stack([miniatures.face(k + 10).T + 1 for k in range(2)]).astype(np.float32))
    found = read_aflw2000(tmp_path, "reannotated")
    assert found.samples[1].points == pytest.approx(miniatures.face(11), abs=1e-4)
    assert found.samples[1].groups == ("yaw 30-60", "all")
    np.save(file, np.zeros((3, 2, 68)))
    with pytest.raises(DataError, match="there are 2 pictures"):
        read_aflw2000(tmp_path, "reannotated")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: (folder / "image00002.jpg").unlink(), "there is no .*image00002.jpg"),
        (lambda folder: (folder / "image00002.mat").write_bytes(b"MATLAB 5.0" * 30), "image00002.mat is damaged"),
        (lambda folder: (folder / "image00002.mat").unlink(), "holds no image"),
    ],
)
def test_damaged_aflw2000_is_refused_by_name(miniatures: ModuleType, tmp_path: Path, damage, message: str) -> None:
    miniatures.write_aflw2000(tmp_path, [0])
    damage(tmp_path)
    with pytest.raises(DataError, match=message):
        read_aflw2000(tmp_path)


@pytest.mark.parametrize("keep", ["images", "file"])
def test_cofw68_as_published(miniatures: ModuleType, tmp_path: Path, keep: str) -> None:
    folder = tmp_path / "COFW68_Data"
    miniatures.write_cofw68(folder, [[0, 1], [], [67], *8 * [[]]], pictures=keep == "images")
    if keep == "file":
        miniatures.write_cofw_pictures(folder / "COFW_test_color.mat", 11)
    found = read_cofw68(tmp_path)
    assert [sample.name for sample in found.samples] == [str(k) for k in range(1, 12)]
    first = found.samples[0]
    assert first.points == pytest.approx(miniatures.face(0))
    assert first.visible is not None
    assert np.flatnonzero(~first.visible).tolist() == [0, 1]
    assert first.box_px == pytest.approx(first.tight_box_px)
    for number, (_, image) in enumerate(pictures(found.samples)):
        grey = keep == "file" and number % 2
        expected = miniatures.picture(number)
        assert (image == (np.repeat(expected[..., :1], 3, 2) if grey else expected)).all()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: (folder / "test_annotations" / "im_1.png").unlink(), "there is no .*im_1.png"),
        (lambda folder: (folder / "cofw68_test_bboxes.mat").unlink(), "cofw68_test_bboxes.mat"),
        (lambda folder: (folder / "test_annotations" / "x_points.mat").touch(), "x_points.mat is not named"),
        (lambda folder: (folder / "test_annotations" / "1_points.mat").write_bytes(b""), "1_points.mat"),
        (lambda folder: (folder / "test_annotations").rename(folder / "annotations"), "holds no test_annotations"),
    ],
)
def test_damaged_cofw68_is_refused_by_name(miniatures: ModuleType, tmp_path: Path, damage, message: str) -> None:
    miniatures.write_cofw68(tmp_path, [[]])
    damage(tmp_path)
    with pytest.raises(DataError, match=message):
        read_cofw68(tmp_path)


def test_cofw68_boxes_must_be_there_for_every_face(miniatures: ModuleType, tmp_path: Path) -> None:
    miniatures.write_cofw68(tmp_path, [[], []])
    miniatures.savemat(tmp_path / "cofw68_test_bboxes.mat", {"bboxes": np.ones((1, 4))})
    with pytest.raises(DataError, match="2 rows of 4"):
        read_cofw68(tmp_path)
