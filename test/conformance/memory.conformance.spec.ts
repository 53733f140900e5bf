import { describeBroker } from './broker.suite.js';
import { openMemoryBroker, openMemoryResultBackend } from './memory.subject.js';
import { describeResultBackend } from './result-backend.suite.js';

describeBroker('memory', openMemoryBroker);
describeResultBackend('memory', openMemoryResultBackend);
