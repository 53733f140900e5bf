import { describeWithServer } from '../tools/servers.js';
import { describeBroker } from './broker.suite.js';
import { openRedisBroker } from './redis.subject.js';

describeWithServer('redis', 'messages in Redis', (url) => {
  describeBroker('redis', () => openRedisBroker(url));
});
