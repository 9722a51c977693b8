/** A history as an EDN vector without times: what was asked and what was answered, one operation after the other. */
export function ednHistory(...operations: readonly [f: string, asked: string, answered: string][]): string {
  const events = operations.flatMap(([f, asked, answered], process) => [
    `{:type :invoke, :f :${f}, :value ${asked}, :process ${process}}`,
    `{:type :ok, :f :${f}, :value ${answered}, :process ${process}}`,
  ]);
  return `[${events.join('\n')}]`;
}
