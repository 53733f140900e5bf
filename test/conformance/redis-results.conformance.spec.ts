import { describeWithServer } from '../tools/servers.js';
import { openRedisResultBackend } from './redis-results.subject.js';
import { describeResultBackend } from './result-backend.suite.js';

describeWithServer('redis', 'results in Redis', (url) => {
  describeResultBackend('redis', () => openRedisResultBackend(url));
});
