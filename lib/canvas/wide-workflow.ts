/** What is sent as it is produced, and never held as a whole: it is no signature, and can be sent by `TaskClient.apply` alone. */
export abstract class WideWorkflow {}
