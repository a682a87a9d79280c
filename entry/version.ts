/** Set by the build; absent when the sources run as they are. */
declare const DRAY_VERSION: string | undefined;

export const VERSION = typeof DRAY_VERSION === 'undefined' ? '0.1.0+source' : DRAY_VERSION;
