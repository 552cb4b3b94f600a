import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Acknowledgements } from './acknowledgements.js';

describe('Acknowledgements', () => {
  let sent: number[];
  let acknowledgements: Acknowledgements;
  const deliver = (count: number) => {
    for (let each = 0; each < count; each++) acknowledgements.noteDelivered();
  };
  const ack = (...numbers: number[]) =>
    numbers.forEach((number) => acknowledgements.ack(() => sent.push(number)));

  beforeEach(() => {
    jest.useFakeTimers();
    sent = [];
    acknowledgements = new Acknowledgements(3);
  });
  afterEach(() => void jest.useRealTimers());

  it('sends at once when no other message is being handled', () => {
    deliver(1);
    ack(1);
    expect(sent).toEqual([1]);
  });

  it('waits for others while messages are being handled, for a limited time', () => {
    deliver(3);
    ack(1, 2);
    expect(sent).toEqual([]);
    jest.advanceTimersByTime(1000);
    expect(sent).toEqual([1, 2]);
  });

  it('waits only until there are as many as it is told', () => {
    deliver(5);
    ack(3, 1, 2, 4);
    expect(sent).toEqual([3, 1, 2]);
    jest.advanceTimersByTime(1000);
    expect(sent).toEqual([3, 1, 2, 4]);
  });

  it('does not wait for a message that was given back', () => {
    deliver(2);
    acknowledgements.noteRequeued();
    ack(2);
    expect(sent).toEqual([2]);
  });

  it('sends what waits when it is told to, and only once', () => {
    deliver(2);
    ack(1);
    acknowledgements.flush();
    jest.advanceTimersByTime(1000);
    expect(sent).toEqual([1]);
  });
});
