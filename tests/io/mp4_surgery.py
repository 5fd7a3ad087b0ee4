"""Small mp4 files with the metadata that cameras and phones write: turned, of uneven times, with the index in front."""

import struct

_TURNED = {
    90: (0, 65536, 0, -65536, 0, 0),
    180: (-65536, 0, 0, 0, -65536, 0),
    270: (0, -65536, 0, 65536, 0, 0),
}


def turned(mp4: bytes, degrees_clockwise: int) -> bytes:
    """Tell players to turn the picture: the matrix at the end of the track header, before width and height."""
    at = mp4.index(b"tkhd") + 4 + 84 - 8 - 36
    return mp4[:at] + struct.pack(">9i", *_TURNED[degrees_clockwise], 0, 0, 1 << 30) + mp4[at + 36 :]


def with_durations(mp4: bytes, ticks: list[int]) -> bytes:
    """Give each frame a duration of its own, in the ticks of the file's one track.

    The edit list, which says how long the whole is shown, would cut the end off: it is made free space.
    """
    mp4 = mp4.replace(b"edts", b"free")
    entries = b"".join(struct.pack(">II", 1, t) for t in ticks)
    box = b"stts" + struct.pack(">II", 0, len(ticks)) + entries
    return _box_replaced(
        mp4, (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stts"), struct.pack(">I", len(box) + 4) + box
    )


def index_in_front(mp4: bytes) -> bytes:
    """Move the index before the frames, as for streaming: such a file can be read as far as it goes."""
    moov_at, mdat_at = mp4.index(b"moov") - 4, mp4.index(b"mdat") - 4
    moov = bytearray(mp4[moov_at:])
    chunks = moov.index(b"stco") + 8
    for k in range(struct.unpack_from(">I", moov, chunks)[0]):
        at = chunks + 4 + 4 * k
        struct.pack_into(">I", moov, at, struct.unpack_from(">I", moov, at)[0] + len(moov))
    return mp4[:mdat_at] + bytes(moov) + mp4[mdat_at:moov_at]


def _box_replaced(data: bytes, path: tuple[bytes, ...], box: bytes) -> bytes:
    """Boxes lie in boxes, each with its size in front; the sizes on the way are set anew."""
    done, at = b"", 0
    while at < len(data):
        size, name = struct.unpack_from(">I4s", data, at)
        whole = data[at : at + size]
        if name == path[0]:
            inside = _box_replaced(whole[8:], path[1:], box) if len(path) > 1 else b""
            whole = struct.pack(">I4s", 8 + len(inside), name) + inside if len(path) > 1 else box
        done, at = done + whole, at + size
    return done
