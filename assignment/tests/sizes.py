from otter.test_files import test_case

OK_FORMAT = False

name = "sizes"
points = 1

@test_case(points=0, hidden=False)
def test_five_whole_numbers(N_x_pixels, N_y_pixels, N_train, N_test, N_classes):
    import numpy as np
    names = ['N_x_pixels', 'N_y_pixels', 'N_train', 'N_test', 'N_classes']
    for name, value in zip(names, [N_x_pixels, N_y_pixels, N_train, N_test, N_classes]):
        assert value is not None, f'`{name}` has no value: it is not defined, or it is None'
        assert value is not ..., f'`{name}` is still `...`: put your answer in its place'
        try:
            number = np.asarray(value)
        except (TypeError, ValueError):
            number = np.array([])
        found = ' '.join(repr(value).split())[:80]
        is_number = number.size == 1 and number.dtype.kind in 'iuf'
        assert is_number and float(number.item()).is_integer(), f'`{name}` should be a whole number, found {found}'
        assert number.item() > 0, f'`{name}` should be at least 1, found {number.item():g}'

@test_case(points=0.375, hidden=True)
def test_size_of_an_image(N_x_pixels, N_y_pixels, expect):
    expect.whole(N_x_pixels, 28, 'N_x_pixels')
    expect.whole(N_y_pixels, 28, 'N_y_pixels')

@test_case(points=0.375, hidden=True)
def test_sizes_of_the_two_sets(N_train, N_test, expect):
    expect.whole(N_train, 60000, 'N_train')
    expect.whole(N_test, 10000, 'N_test')

@test_case(points=0.25, hidden=True)
def test_number_of_classes(N_classes, expect):
    expect.whole(N_classes, 10, 'N_classes')
