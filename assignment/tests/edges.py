from otter.test_files import test_case

OK_FORMAT = False

name = "edges"
points = 0.5

@test_case(points=0, hidden=False)
def test_three_by_three_numbers(horizontal_filter):
    import numpy as np
    assert horizontal_filter is not None, '`horizontal_filter` has no value: it is not defined, or it is None'
    assert horizontal_filter is not ..., '`horizontal_filter` is still `...`: put your filter in its place'
    found = ' '.join(repr(horizontal_filter).split())[:80]
    try:
        numbers = np.asarray(horizontal_filter)
    except (TypeError, ValueError):
        raise AssertionError(f'`horizontal_filter` should be an array of 3 x 3 numbers, found {found}') from None
    assert numbers.dtype.kind in 'iuf', f'`horizontal_filter` should hold numbers, found {found}'
    square = np.squeeze(numbers).shape == (3, 3)
    assert square, f'`horizontal_filter` should be an array of 3 x 3 numbers, found shape {numbers.shape}'
    assert np.isfinite(numbers).all(), f'`horizontal_filter` should hold ordinary numbers, found {found}'

@test_case(points=0.5, hidden=True)
def test_answers_horizontal_edges_only(horizontal_filter, expect):
    import numpy as np
    numbers = expect.array(horizontal_filter, shape=(3, 3), name='horizontal_filter', squeeze=True)

    def strongest_answer(image):
        windows = np.lib.stride_tricks.sliding_window_view(image, (3, 3))
        return np.abs((windows * numbers).sum(axis=(2, 3))).max()
    dark, light = (np.zeros((6, 12)), np.ones((6, 12)))
    horizontal = min((strongest_answer(np.vstack(pair)) for pair in [(dark, light), (light, dark)]))
    vertical = max((strongest_answer(np.vstack(pair).T) for pair in [(dark, light), (light, dark)]))
    flat = strongest_answer(np.vstack([light, light]))
    answers = horizontal > 1e-06 * np.abs(numbers).max()
    assert answers, '`horizontal_filter` does not answer to a horizontal edge: it gives 0 there'
    for place, answer in [('on an area of one brightness', flat), ('at a vertical edge', vertical)]:
        assert answer <= 0.1 * horizontal, f'`horizontal_filter` should answer (almost) 0 {place}; it answers up to {answer:.3g} there, and {horizontal:.3g} at a horizontal edge'
