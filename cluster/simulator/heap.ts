/**
 * The event heap that drives a simulated world: a 4-ary min-heap over packed arrays (half as deep as a binary one), ordered by (time, sequence number), so
 * that events of one instant fire in the order in which they were scheduled. Nothing is ever taken out of the middle: who
 * cancels an event marks its subject, and the world skips it when it comes up.
 */

/** Most events that may wait at once; a world that exceeds it has a runaway schedule and is stopped with a clear error. */
export const EVENTS_MAX = 1 << 24;

/**
 * After `pop` returned true the popped event is in `time`, `kind`, `node` and `subject` (fields instead of an object: nothing
 * is allocated per event).
 */
export class EventHeap<Subject> {
  time = 0;
  kind = 0;
  node = 0;
  subject: Subject | null = null;

  private size = 0;
  private sequence = 0;
  // The heap proper: parallel arrays in heap order.
  private times = new Float64Array(1024);
  private sequences = new Float64Array(1024);
  private slots = new Uint32Array(1024);
  // What an event carries, by slot; slots are reused through a free list.
  private kinds = new Uint8Array(1024);
  private nodes = new Int32Array(1024);
  private subjects: (Subject | null)[] = [];
  private free = new Uint32Array(1024);
  private freeCount = 0;
  private slotCount = 0;

  get length(): number {
    return this.size;
  }

  /** Time of the next event, or Infinity. */
  get nextTime(): number {
    return this.size === 0 ? Number.POSITIVE_INFINITY : (this.times[0] as number);
  }

  /** Throws RangeError when EVENTS_MAX events are waiting already. */
  push(time: number, kind: number, node: number, subject: Subject): void {
    if (this.size === this.times.length) this.grow();
    const slot = this.freeCount > 0 ? (this.free[--this.freeCount] as number) : this.slotCount++;
    this.kinds[slot] = kind;
    this.nodes[slot] = node;
    this.subjects[slot] = subject;
    this.siftUp(this.size++, time, this.sequence++, slot);
  }

  /** Takes the earliest event; false if there is none. */
  pop(): boolean {
    if (this.size === 0) return false;
    const slot = this.slots[0] as number;
    this.time = this.times[0] as number;
    this.kind = this.kinds[slot] as number;
    this.node = this.nodes[slot] as number;
    this.subject = this.subjects[slot] as Subject;
    this.subjects[slot] = null;
    this.free[this.freeCount++] = slot;
    const last = --this.size;
    if (last > 0)
      this.siftDown(this.times[last] as number, this.sequences[last] as number, this.slots[last] as number, last);
    return true;
  }

  /** What the waiting events of a kind carry, in the order in which they were to come. */
  waiting(kind: number): Subject[] {
    const at = (place: number): number => this.times[place] as number;
    return Array.from({ length: this.size }, (_, place) => place)
      .filter((place) => this.kinds[this.slots[place] as number] === kind)
      .sort((a, b) => at(a) - at(b) || (this.sequences[a] as number) - (this.sequences[b] as number))
      .map((place) => this.subjects[this.slots[place] as number] as Subject);
  }

  /** Forgets every waiting event. */
  clear(): void {
    this.size = 0;
    this.freeCount = 0;
    this.slotCount = 0;
    this.subjects = [];
    this.subject = null;
  }

  private siftUp(start: number, time: number, sequence: number, slot: number): void {
    const { times, sequences, slots } = this;
    let at = start;
    while (at > 0) {
      const parent = (at - 1) >> 2;
      // A new event has the highest sequence number of all: on equal times it stays below.
      if ((times[parent] as number) <= time) break;
      times[at] = times[parent] as number;
      sequences[at] = sequences[parent] as number;
      slots[at] = slots[parent] as number;
      at = parent;
    }
    times[at] = time;
    sequences[at] = sequence;
    slots[at] = slot;
  }

  private siftDown(time: number, sequence: number, slot: number, size: number): void {
    const { times, sequences, slots } = this;
    let at = 0;
    for (;;) {
      const first = 4 * at + 1;
      if (first >= size) break;
      let child = first;
      let earliest = times[first] as number;
      const end = first + 4 < size ? first + 4 : size;
      for (let other = first + 1; other < end; other++) {
        const otherTime = times[other] as number;
        if (
          otherTime > earliest ||
          (otherTime === earliest && (sequences[other] as number) > (sequences[child] as number))
        )
          continue;
        child = other;
        earliest = otherTime;
      }
      if (time < earliest || (time === earliest && sequence < (sequences[child] as number))) break;
      times[at] = times[child] as number;
      sequences[at] = sequences[child] as number;
      slots[at] = slots[child] as number;
      at = child;
    }
    times[at] = time;
    sequences[at] = sequence;
    slots[at] = slot;
  }

  private grow(): void {
    const capacity = this.times.length * 2;
    if (capacity > EVENTS_MAX)
      throw new RangeError(
        `more than ${EVENTS_MAX / 2} simulated events are waiting: something schedules without bound`,
      );
    this.times = copied(new Float64Array(capacity), this.times);
    this.sequences = copied(new Float64Array(capacity), this.sequences);
    this.slots = copied(new Uint32Array(capacity), this.slots);
    this.kinds = copied(new Uint8Array(capacity), this.kinds);
    this.nodes = copied(new Int32Array(capacity), this.nodes);
    this.free = copied(new Uint32Array(capacity), this.free);
  }
}

function copied<A extends { set(from: A): void }>(into: A, from: A): A {
  into.set(from);
  return into;
}
