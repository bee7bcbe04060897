/** Replies written straight to a connection, where there is no request that node:http could reply to. All of them close it. */

/** @param code of the parser's error */
export function badRequestReply(code: string | undefined): string {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return rawReply('431 Request Header Fields Too Large', 'request line and headers are longer than 16 KB');
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return rawReply('408 Request Timeout', 'the request did not arrive in time');
  }
  return rawReply('400 Bad Request', 'this is not HTTP');
}

export const methodNotAllowedReply = rawReply(
  '405 Method Not Allowed',
  'method not allowed',
  'Allow: GET, HEAD\r\n',
);

function rawReply(status: string, reason: string, headers = ''): string {
  const body = `${reason}\n`;
  return `HTTP/1.1 ${status}\r\nContent-Type: text/plain\r\n${headers}Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;
}
