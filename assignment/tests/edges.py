from otter.test_files import test_case

OK_FORMAT = False

name = "edges"
points = 0.5

@test_case(points=0, hidden=False)
def test_three_by_three_numbers(horizontal_filter):
    import numpy as np
    assert horizontal_filter is not ..., '`horizontal_filter` is still `...`: put your filter in its place'
    numbers = np.asarray(horizontal_filter)
    shape = numbers.shape
    assert numbers.dtype.kind in 'iuf', f'`horizontal_filter` should hold numbers, found {horizontal_filter!r:.80}'
    square = shape in [(3, 3), (3, 3, 1, 1)]
    assert square, f'`horizontal_filter` should be an array of 3 x 3 numbers, found shape {shape}'
    assert np.isfinite(numbers).all(), f'`horizontal_filter` should hold ordinary numbers, found {horizontal_filter!r:.80}'

@test_case(points=0.5, hidden=True)
def test_answers_horizontal_edges_only(horizontal_filter, expect):
    import numpy as np
    numbers = np.squeeze(np.asarray(horizontal_filter, dtype=float))
    numbers = expect.array(numbers, shape=(3, 3), name='horizontal_filter')
    assert np.isfinite(numbers).all(), '`horizontal_filter` should hold ordinary numbers, found one that is not finite'

    def strongest_answer(image):
        windows = np.lib.stride_tricks.sliding_window_view(image, (3, 3))
        return np.abs((windows * numbers).sum(axis=(2, 3))).max()
    dark, light = (np.zeros((6, 12)), np.ones((6, 12)))
    horizontal = min((strongest_answer(np.vstack(pair)) for pair in [(dark, light), (light, dark)]))
    vertical = max((strongest_answer(np.vstack(pair).T) for pair in [(dark, light), (light, dark)]))
    flat = strongest_answer(np.vstack([light, light]))
    assert horizontal > 0, '`horizontal_filter` does not answer to a horizontal edge: it gives 0 there'
    for place, answer in [('at a vertical edge', vertical), ('on an area of one brightness', flat)]:
        assert answer <= 0.1 * horizontal, f'`horizontal_filter` should answer (almost) 0 {place}; it answers up to {answer:.3g} there, and {horizontal:.3g} at a horizontal edge'
