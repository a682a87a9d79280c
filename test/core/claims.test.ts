import { memoryClaims } from '../conformance/claims/memory.ts';
import { describeClaimStore } from '../conformance/claims/suite.ts';

describeClaimStore('memory', () => Promise.resolve(memoryClaims()));
