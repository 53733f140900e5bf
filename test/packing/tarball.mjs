import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { filesBelow } from '../tools/tree.mjs';

const wanted =
  /^(package\.json|README\.md|CHANGELOG\.md|LICENSE|dist\/cjs\/package\.json|dist\/(esm|cjs)\/.+\.(js|js\.map|d\.ts))$/;
const conditions = ['module-sync', 'import', 'require'];

/**
 * What is wrong with an installed copy of the package: targets that do not exist, files that should not be there.
 * @param {string} folder
 * @returns {string[]}
 */
export function tarballFaults(folder) {
  const manifest = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  const missing = targetsOf(manifest)
    .filter((target) => !existsSync(path.join(folder, target)))
    .map((target) => `package.json names ${target}, which is not in the package`);
  const incomplete = Object.entries(manifest.exports)
    .filter(([, entry]) => typeof entry === 'object')
    .flatMap(([subpath, entry]) =>
      conditions
        .filter((condition) => !entry[condition]?.types || !entry[condition]?.default)
        .map((condition) => `exports["${subpath}"] has no "${condition}"`),
    );
  const strangers = packedFiles(folder)
    .filter((file) => !wanted.test(file))
    .map((file) => `${file} should not be in the package`);
  return [...missing, ...incomplete, ...strangers];
}

/** Every file that the manifest points to. @param {{ main: string, types: string, exports: object, bin?: Record<string, string>, typesVersions?: object }} manifest */
function targetsOf(manifest) {
  /** @type {(entry: string | object) => string[]} */
  const leaves = (entry) => (typeof entry === 'string' ? [entry] : Object.values(entry).flatMap(leaves));
  return [
    manifest.main,
    manifest.types,
    ...leaves(manifest.exports),
    ...leaves(manifest.bin ?? {}),
    ...leaves(manifest.typesVersions ?? {}),
  ];
}

/** @param {string} folder */
function packedFiles(folder) {
  return [...filesBelow(folder, ''), ...filesBelow(folder, 'dist')];
}
