"""A Python client of Nest's tasks: they are sent by name, to the queue that the Nest worker takes from."""
from tasks import app


def nest(name, *args, **kwargs):
    return app.signature(name, args=args, kwargs=kwargs, queue='shop.nest')


invoice = nest('orders.invoice', '0.77', order='A-1').delay().get(timeout=60)
print('Python called Nest:           orders.invoice(0.77, order=A-1) ->', invoice['text'])

try:
    nest('orders.invoice', '-5', order='A-2').delay().get(timeout=60)
except Exception as error:
    print('Nest threw in Python:         %s: %s' % (type(error).__name__, error))

both = app.signature('pricing.quote', args=[['apple', 'quince']]) | nest('orders.invoice', order='A-3')
print('Python, then Nest, in a chain: pricing.quote | orders.invoice ->', both.delay().get(timeout=60)['text'])
