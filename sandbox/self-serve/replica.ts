import type { SchedulerConnection } from '../buildbot/index.js';

interface Sighting {
  at: number;
  request: number;
  build: number;
}

/** The lagging replica that Self Serve reads: a row is not there until it was seen to exist for the lag's length. */
export class Replica {
  private sightings: Sighting[] = [];

  /** @param lag seconds */
  constructor(
    private readonly connection: SchedulerConnection,
    private readonly lag: number,
  ) {}

  /** Takes down what the database holds now; what nobody took down counts as written just now. */
  async look(now: number): Promise<void> {
    if (this.lag === 0) return;
    const [row] = await this.connection.read((statements) =>
      statements.rows<{ request: number | null; build: number | null }>(
        'SELECT (SELECT MAX(id) FROM buildrequests) AS request, (SELECT MAX(id) FROM builds) AS build',
      ),
    );
    this.sightings.push({ at: now, request: row?.request ?? 0, build: row?.build ?? 0 });
    // Only the newest of those old enough tells anything.
    const arrived = this.sightings.findLastIndex(({ at }) => at <= now - this.lag);
    if (arrived > 0) this.sightings = this.sightings.slice(arrived);
  }

  has(table: 'request' | 'build', id: number, now: number): boolean {
    if (this.lag === 0) return true;
    return this.sightings.some((sighting) => sighting.at <= now - this.lag && id <= sighting[table]);
  }
}
