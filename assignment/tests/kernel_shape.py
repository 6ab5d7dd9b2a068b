from otter.test_files import test_case

OK_FORMAT = False

name = "kernel_shape"
points = 0.5

@test_case(points=0, hidden=False)
def test_four_whole_numbers(kernel_shape):
    import numpy as np
    assert kernel_shape is not None, '`kernel_shape` has no value: it is not defined, or it is None'
    assert kernel_shape is not ..., '`kernel_shape` is still `...`: put your answer in its place'
    try:
        sizes = np.asarray(list(kernel_shape.values()) if isinstance(kernel_shape, dict) else kernel_shape)
    except (TypeError, ValueError):
        sizes = np.array([])
    found = ' '.join(repr(kernel_shape).split())[:80]
    assert sizes.size == 4, f'`kernel_shape` should be a tuple of four numbers, found {found}'
    whole = sizes.dtype.kind in 'iuf' and (sizes % 1 == 0).all() and (sizes > 0).all()
    assert whole, f'`kernel_shape` should hold whole numbers above 0, found {found}'

@test_case(points=0.5, hidden=True)
def test_shape_of_the_kernel(kernel_shape, expect):
    sizes = expect.numbers(kernel_shape, 'kernel_shape')
    assert sizes != [3, 3], '`kernel_shape`: expected 4 numbers, found 2: this is the filter alone; Keras adds two dimensions, for the channels of the input and for the filters of the layer'
    assert sizes != [1, 3, 3, 1], '`kernel_shape`: dimension 1: expected 3, found 1 (the right numbers, in another order): a kernel has no axis for the batch; Keras keeps height, width, channels of the input, number of filters'
    assert sizes != [1, 1, 3, 3], '`kernel_shape`: dimension 1: expected 3, found 1; 4 of 4 are wrong (the right numbers, in another order): Keras keeps height and width first, then the channels of the input and the number of filters'
    expect.wholes(kernel_shape, [3, 3, 1, 1], 'kernel_shape', each='dimension')
