/** A register: read, write, compare-and-set. */

import { type Causes, Sightings } from '../impossible-result.ts';
import { FLAG, flagOf, misfitOf, refuseInput, VALUE } from '../misfit.ts';
import { type Model, type Value, VETTED } from '../model.ts';
import { registerPath } from '../register-path.ts';
import { canonical, sameValue, show } from '../value.ts';

export type RegisterInput =
  | { readonly f: 'read' }
  | { readonly f: 'write'; readonly value: Value }
  | { readonly f: 'cas'; readonly expected: Value; readonly value: Value };

/**
 * Of a read: the value. Of a cas: true if it matched, false if it is known that it did not; one that may have failed for
 * another reason had no effect, and should not be given at all. Of a write: anything.
 */
export type RegisterOutput = Value;

export interface RegisterOptions {
  /** Null (nil) by default. */
  readonly initial?: Value;
}

export type RegisterModel = Model<Value, RegisterInput, RegisterOutput>;

const named = (name: string, options: RegisterOptions): RegisterModel => {
  const path = registerPath<RegisterInput, RegisterOutput>(options.initial ?? null, ({ input, output }, encoder) => {
    if (input.f === 'write') encoder.write(input.value);
    else if (input.f === 'cas') encoder.cas(input.expected, input.value, flagOf(output));
    else if (input.f !== 'read') refuseInput(input);
    else if (output !== undefined) encoder.read(output);
  });
  return {
    name,
    [VETTED]: true,
    init: () => options.initial ?? null,
    step(state, input, output) {
      switch (input.f) {
        case 'read':
          return output === undefined || sameValue(state, output) ? state : undefined;
        case 'write':
          return input.value;
        case 'cas': {
          const matches = sameValue(state, input.expected);
          if (output !== undefined && output !== matches) return undefined;
          return matches ? input.value : state;
        }
        default:
          return refuseInput(input);
      }
    },
    key: keyOfValue,
    misfit,
    observes: (input, output) =>
      input.f === 'read' ||
      (input.f === 'cas' && (output === false || (output !== undefined && sameValue(input.expected, input.value)))),
    effect(input, output) {
      if (input.f === 'read') return undefined;
      if (input.f === 'write') return `write ${canonical(input.value)}`;
      return `cas ${canonical(input.expected)} ${canonical(input.value)} ${output ?? '?'}`;
    },
    causes: () => valuesWritten(options.initial ?? null),
    attempt: path.attempt,
    specialised: path.search,
    searchRefusesMisfits: true,
    cutStates: path.cutStates,
    provides(writer, reader) {
      if (writer.input.f === 'read' || writer.output === false) return undefined;
      const wanted =
        reader.input.f === 'read'
          ? reader.output
          : reader.input.f === 'cas' && reader.output === true
            ? reader.input.expected
            : undefined;
      return wanted !== undefined && sameValue(writer.input.value, wanted) ? canonical(wanted) : undefined;
    },
    describe(input, output) {
      if (input.f === 'read') return `read → ${show(output)}`;
      if (input.f === 'write') return `write ${show(input.value)}`;
      const answer = output === undefined ? '?' : output === true ? 'ok' : 'did not match';
      return `cas ${show(input.expected)} ⇒ ${show(input.value)} → ${answer}`;
    },
    describeState: show,
  };
};

const valuesWritten = (initial: Value): Causes<RegisterInput, RegisterOutput> => {
  const written = new Sightings();
  written.add(initial);
  return {
    note(input, output) {
      if (input.f !== 'read' && output !== false) written.add(input.value);
    },
    accountFor: (input, output) =>
      input.f === 'read' ? written.has(output) : input.f !== 'cas' || output !== true || written.has(input.expected),
  };
};
const misfit = misfitOf({
  read: { output: VALUE },
  write: { input: { value: VALUE } },
  cas: { input: { expected: VALUE, value: VALUE }, output: FLAG },
});

/** Primitives stand for themselves, but a text must not collide with that of a structure. */
export const keyOfValue = (state: Value): string | number => (typeof state === 'number' ? state : canonical(state));

export const register = (options: RegisterOptions = {}): RegisterModel => named('register', options);

/** The same as `register`, under the name that Jepsen has for it. */
export const casRegister = (options: RegisterOptions = {}): RegisterModel => named('cas-register', options);
