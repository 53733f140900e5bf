"""The Python side: an ordinary Celery application, which knows nothing of Nest but the names of its tasks."""
import os
from decimal import Decimal

from celery import Celery

REDIS = os.environ['TASK_QUEUE_BROKER_URL']

app = Celery('shop', broker=REDIS, backend=REDIS)
app.conf.update(task_default_queue='shop.python', broker_connection_retry_on_startup=True)

PRICES = {'apple': Decimal('0.35'), 'pear': Decimal('0.42'), 'quince': Decimal('1.20')}


class UnknownArticle(Exception):
    """Nest has a class that stands for this one."""


@app.task(name='pricing.quote')
def quote(articles, discount='0'):
    for article in articles:
        if article not in PRICES:
            raise UnknownArticle(article)
    total = sum(PRICES[article] for article in articles) * (1 - Decimal(discount))
    return str(total.quantize(Decimal('0.01')))
