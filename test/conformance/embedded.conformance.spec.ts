import { describeBroker } from './broker.suite.js';
import { loadCopies, openEmbeddedBroker, openEmbeddedResultBackend } from './embedded.subject.js';
import { describeResultBackend } from './result-backend.suite.js';

const copies = await loadCopies(3);

describeBroker('embedded, one connection of a process', () => openEmbeddedBroker(copies.slice(0, 1)));
describeBroker('embedded, several connections', () => openEmbeddedBroker(copies));
describeResultBackend('embedded, one connection of a process', () => openEmbeddedResultBackend(copies.slice(0, 1)));
describeResultBackend('embedded, several connections', () => openEmbeddedResultBackend(copies));
