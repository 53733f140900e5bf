#!/usr/bin/env node
import { realpathSync } from 'node:fs';
import { runCommandLine } from './command-line.js';

void runCommandLine(process.argv.slice(2), realpathSync(process.argv[1] as string)).then((code) => process.exit(code));
