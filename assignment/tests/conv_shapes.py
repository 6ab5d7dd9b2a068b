from otter.test_files import test_case

OK_FORMAT = False

name = "conv_shapes"
points = 1.5

@test_case(points=0, hidden=False)
def test_a_size_for_each_of_four_cases(conv_shapes):
    import numpy as np
    assert conv_shapes is not None, '`conv_shapes` has no value: it is not defined, or it is None'
    assert conv_shapes is not ..., '`conv_shapes` is still `...`: put your dictionary in its place'
    assert isinstance(conv_shapes, dict), f'`conv_shapes` should be a dictionary, found {type(conv_shapes).__name__}'
    for key in [('valid', 1), ('valid', 2), ('same', 1), ('same', 2)]:
        assert key in conv_shapes, f'`conv_shapes` should have the key {key}, found the keys {list(conv_shapes)}'
        answer = conv_shapes[key]
        found = ' '.join(repr(answer).split())[:80]
        if isinstance(answer, (tuple, list)):
            answer = [size for size in answer if size is not None]
        try:
            sizes = np.asarray(answer)
        except (TypeError, ValueError):
            sizes = np.array([])
        whole = sizes.size > 0 and sizes.dtype.kind in 'iuf' and (sizes % 1 == 0).all()
        assert whole, f'`conv_shapes[{key}]` should be a whole number of pixels, found {found}'
        assert ((sizes >= 1) & (sizes <= 28)).all(), f'`conv_shapes[{key}]` should be from 1 to 28, found {found}'

@test_case(points=0.75, hidden=True)
def test_sizes_without_padding(conv_shapes):
    import numpy as np
    assert isinstance(conv_shapes, dict), f'`conv_shapes` should be a dictionary, found {type(conv_shapes).__name__}'
    for key, size in [(('valid', 1), 26), (('valid', 2), 13)]:
        assert key in conv_shapes, f'`conv_shapes` should have the key {key}, found the keys {list(conv_shapes)}'
        answer = np.array(conv_shapes[key], dtype=object).reshape(-1).tolist()
        sides = [side for side in answer if side is not None and side != 1]
        found = ' '.join(repr(conv_shapes[key]).split())[:80]
        assert sides in ([size], [size, size]), f'`conv_shapes[{key}]`: expected {size}, found {found}'

@test_case(points=0.75, hidden=True)
def test_sizes_with_padding(conv_shapes):
    import numpy as np
    assert isinstance(conv_shapes, dict), f'`conv_shapes` should be a dictionary, found {type(conv_shapes).__name__}'
    for key, size in [(('same', 1), 28), (('same', 2), 14)]:
        assert key in conv_shapes, f'`conv_shapes` should have the key {key}, found the keys {list(conv_shapes)}'
        answer = np.array(conv_shapes[key], dtype=object).reshape(-1).tolist()
        sides = [side for side in answer if side is not None and side != 1]
        found = ' '.join(repr(conv_shapes[key]).split())[:80]
        assert sides in ([size], [size, size]), f'`conv_shapes[{key}]`: expected {size}, found {found}'
