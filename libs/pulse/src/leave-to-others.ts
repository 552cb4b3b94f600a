/**
 * Thrown by a handler at the first delivery of a message that another consumer of the queue can probably handle better. The
 * message goes back to the broker, which gives it to the consumer whose turn it is, marked as redelivered.
 */
export class LeaveToOthers extends Error {
  override readonly name = 'LeaveToOthers';
}
