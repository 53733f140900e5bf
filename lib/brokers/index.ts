export type {
  Admission,
  Broker,
  BrokerCapabilities,
  ConnectionStatus,
  ConsumeOptions,
  Consumer,
  DeadLetter,
  DeadLetterReason,
  DeadLetters,
  Delivery,
  ChordClosing,
  EncodedPart,
  EncodedResult,
  JoinAnswer,
  JoinSettlement,
  LeaseKeeper,
  LeaseKeeperData,
  QueueDeclaration,
  RateLimits,
  RevocationListener,
  RevocationStore,
  RunningOrder,
  Settlement,
  SettlementEffects,
  TagSettlement,
  TickClaims,
} from './broker.interface.js';
export { createBroker, openLeaseKeeper, type BrokerEnvironment, type BrokerOptions } from './create-broker.js';
export type { Fanout, FanoutListener, FanoutMessage, FanoutSubscription } from './fanout.interface.js';
export type { ParkedMessage, QueueInspection, QueueStats } from './queue-inspection.interface.js';
export { EmbeddedBroker } from './embedded/embedded.broker.js';
export { EmbeddedConsumer } from './embedded/embedded.consumer.js';
export { MemoryBroker } from './memory/memory.broker.js';
export { MemoryConsumer } from './memory/memory.consumer.js';
export { RedisBroker } from './redis/redis.broker.js';
export { RedisConsumer } from './redis/redis.consumer.js';
export type { RedisBrokerOptions } from './redis/redis.options.js';
export { RateLine } from './virtual/rate-line.js';
