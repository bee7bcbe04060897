import type { SiteRequest } from './site-reply.js';

/** Characters of a host with its port, none of which means anything in HTML. */
const HOST = /^[\w.:[\]-]{1,255}$/;

/**
 * The URL under which a client reaches the tracker, without a slash at its end: what the operator
 * says (PUBLIC_URL); else what a trusted proxy says, whose X-Forwarded-Proto and -Host have the
 * last proxy's word at their end; else the host that the request names. Empty if nobody says.
 */
export function publicUrlOf(
  publicUrl: string,
  { header, isFromTrustedProxy }: Pick<SiteRequest, 'header' | 'isFromTrustedProxy'>,
): string {
  if (publicUrl !== '') return publicUrl;
  const told = (name: string): string | undefined =>
    isFromTrustedProxy ? header(name)?.split(',').at(-1)?.trim() : undefined;
  const protocol = told('x-forwarded-proto')?.toLowerCase() === 'https' ? 'https' : 'http';
  const hosts = [told('x-forwarded-host'), header('host')];
  const host = hosts.find((each) => each !== undefined && HOST.test(each));
  return host === undefined ? '' : `${protocol}://${host}`;
}

/**
 * The URLs for a torrent.
 * @param url of the site, as `publicUrlOf` has it
 * @param udpPort undefined without UDP
 */
export function announceUrlsAt(url: string, udpPort: number | undefined): string[] {
  const http = `${url}/announce`;
  if (udpPort === undefined || !URL.canParse(url)) return [http];
  return [http, `udp://${new URL(url).hostname}:${udpPort}/announce`];
}
