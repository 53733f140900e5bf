export { Signature, type AnySignature, type PriorityOnWire, type SignatureParts } from './signature.js';
export { signature, signaturesOf, type SignatureMaker } from './signature-maker.js';
export type { SignatureOptions } from './signature-options.js';
export type { MissingArgs, PartialArgs } from './signature-types.js';
