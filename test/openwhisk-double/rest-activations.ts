import { activationJson } from './activations.js';
import { listReply, notAllowed, type Api, type ApiCall } from './api-call.js';
import { jsonReply, Rejection, type Reply } from './replies.js';

export function serveActivations({ controller }: Api, call: ApiCall): Reply {
  if (call.method !== 'GET') notAllowed();
  const { activations, settings } = controller;
  const [id = '', part] = call.name.split('/');
  if (id === '') {
    return listReply(
      activations
        .all()
        .filter(({ name }) => call.flags['name'] === undefined || name === call.flags['name'])
        .map((activation) => activationJson(activation, settings.namespace)),
      call,
    );
  }
  const activation = activations.get(id);
  if (activation === undefined) throw new Rejection(404, 'The requested resource does not exist.');
  const json = activationJson(activation, settings.namespace);
  return jsonReply(200, part === 'result' ? (json['response'] ?? null) : json);
}
