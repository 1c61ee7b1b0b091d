// pusher-js for the measurements of speed: `data` as a line of JSON, and the end after COUNT events.
// Started as `node pusher_js_lines.cjs HOST PORT AUTH_ENDPOINT COUNT`, the token in CHATAPP_TOKEN.
const Pusher = require('pusher-js-8');

const [host, port, authEndpoint, count] = process.argv.slice(2);
let missing = Number(count);

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

const channel = pusher.subscribe('private-v1.licenses.1229.messengers.telegram');
channel.bind('message', (data) => {
    console.log(JSON.stringify(data));
    missing -= 1;
    if (missing === 0) {
        process.exit(0); // to files and pipes node writes at once: nothing is left behind
    }
});
