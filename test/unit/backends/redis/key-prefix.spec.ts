import { expect, it } from 'vitest';
import { resultKeyPrefix } from '../../../../lib/backends/redis/key-prefix.js';

it.each([
  ['', ''],
  ['shop', 'shop_'],
  ['shop:', 'shop:'],
  ['shop_', 'shop_'],
  ['shop-', 'shop-'],
  ['shop.', 'shop.'],
  ['shop/', 'shop/_'],
])("the prefix %j stands before the keys of results as %j, which is Celery's rule", (given, expected) => {
  expect(resultKeyPrefix(given)).toBe(expected);
});
