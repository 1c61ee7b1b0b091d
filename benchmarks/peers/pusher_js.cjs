// pusher-js as its README shows it for node. See __init__.py for what it is given and prints.
const Pusher = require('pusher-js-8');

const [host, port, authEndpoint] = process.argv.slice(2);

const pusher = new Pusher('ChatsAppApiProdKey', {
    cluster: 'mt1', // not used, but 8.x throws without one
    wsHost: host,
    wsPort: Number(port),
    forceTLS: false,
    enabledTransports: ['ws'],
    channelAuthorization: {
        endpoint: authEndpoint,
        headers: { Authorization: process.env.CHATAPP_TOKEN }
    }
});

pusher.connection.bind('state_change', ({ previous, current }) =>
    console.error(`${previous} -> ${current}`));
pusher.connection.bind('error', (error) =>
    console.error(`error: ${error.type} ${error.data?.code ?? ''}`));

const channel = pusher.subscribe('private-v1.licenses.1229.messengers.telegram');
channel.bind('pusher:subscription_error', (error) =>
    console.error(`subscription error: ${JSON.stringify(error)}`));
channel.bind('message', (event) => {
    for (const item of event.data) {
        console.log(JSON.stringify(item));
    }
});
