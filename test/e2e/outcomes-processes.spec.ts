import { describeProcessOutcomes } from './outcomes/process-outcomes.suite.js';
import { openProcessRig } from './outcomes/process-rig.js';

describeProcessOutcomes(openProcessRig, ['prefork', 'threads']);
