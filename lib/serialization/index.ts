export {
  createJsonSerializer,
  jsonSerializer,
  type JsonSerializer,
  type JsonSerializerOptions,
} from './json.serializer.js';
export type { JsonType } from './json-types.js';
export type { Serializer } from './serializer.interface.js';
export { Serialization, type EncodedContent, type ReceivedContent, type SerializationSetup } from './serialization.js';
export { Decimal } from './values/decimal.js';
export type { PythonValue } from './values/python-value.interface.js';
export { Uuid } from './values/uuid.js';
export { WireDate } from './values/wire-date.js';
export { WireDateTime } from './values/wire-date-time.js';
export { WireTime } from './values/wire-time.js';
