from otter.test_files import test_case

OK_FORMAT = False

name = "kernel_shape"
points = 0.5

@test_case(points=0, hidden=False)
def test_four_whole_numbers(kernel_shape):
    import numpy as np
    assert kernel_shape is not ..., '`kernel_shape` is still `...`: put your answer in its place'
    sizes = np.asarray(kernel_shape)
    assert sizes.shape == (4,), f'`kernel_shape` should be a tuple of four numbers, found {kernel_shape!r:.80}'
    whole = sizes.dtype.kind in 'iuf' and (sizes % 1 == 0).all() and (sizes > 0).all()
    assert whole, f'`kernel_shape` should hold whole numbers above 0, found {kernel_shape!r:.80}'

@test_case(points=0.5, hidden=True)
def test_shape_of_the_kernel(kernel_shape, expect):
    expect.wholes(kernel_shape, [3, 3, 1, 1], 'kernel_shape', each='dimension')
