/** What `TaskClient.apply` alone can send: it is no signature, and cannot be part of another workflow. */
export abstract class WholeWorkflow {}
