// The complete example of the vendor's page on incoming events, made to run in node.
//
//   node vendor_page.cjs pusher-js|pusher-js-8
//
// Changed: the host, ports, endpoint and token come from the environment; every event named in
// EVENTS (comma separated) is bound on every channel; what arrives is printed as JSON Lines.
const Pusher = require(process.argv[2]);
const env = process.env;

const print = (line) => process.stdout.write(JSON.stringify(line) + '\n');

const options = {
    wsHost: env.WS_HOST,
    wssPort: Number(env.WSS_PORT),
    disableStats: true,
    authEndpoint: env.AUTH_ENDPOINT,
    auth: {
        headers: {
            'Authorization': env.ACCESS_TOKEN
        }
    },
    enabledTransports: ['ws'],
    forceTLS: true
};

// The page loads pusher-js 7.0. From 8.0 on the library throws without a cluster, used or not.
if (process.argv[2] === 'pusher-js-8') {
    options.cluster = 'mt1';
}

let pusher = new Pusher('ChatsAppApiProdKey', options);

const listen = (channel) => {
    channel.bind('pusher:subscription_succeeded', () => print({ subscribed: channel.name }));
    channel.bind('pusher:subscription_error', (error) =>
        print({ subscription_error: channel.name, status: error.status, type: error.type }));
    for (const event of env.EVENTS.split(',')) {
        channel.bind(event, (data) => print({ channel: channel.name, event, data }));
    }
};

let channel = pusher.subscribe('private-v1.licenses.1229.messengers.grWhatsApp');
listen(channel);

let channel2 = pusher.subscribe('private-v1.licenses.1229.messengers.telegram');
listen(channel2);

let channelCompany = pusher.subscribe('private-v1.companies.2224');
listen(channelCompany);

let channelUser = pusher.subscribe('private-v1.users.685');
listen(channelUser);
