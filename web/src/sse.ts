// Reads server-sent events out of the pieces that a body comes in.

export interface Message {
    id: string | undefined;
    event: string;
    data: string;
}

/** Give it text as it comes; it hands back the messages that are whole. */
export class MessageReader {
    private rest = '';

    read(piece: string): Message[] {
        this.rest = (this.rest + piece).replaceAll('\r\n', '\n'); // a line end may come in two pieces
        const blocks = this.rest.split('\n\n');
        this.rest = blocks.pop() ?? '';
        return blocks.map(message_of).filter((message) => message !== undefined);
    }
}

function message_of(block: string): Message | undefined {
    let id: string | undefined;
    let event = 'message';
    const data: string[] = [];
    for (const line of block.split('\n')) {
        const colon = line.indexOf(':');
        const field = colon < 0 ? line : line.slice(0, colon);
        const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
        if (field === 'id') id = value;
        else if (field === 'event') event = value;
        else if (field === 'data') data.push(value);
    }
    return data.length ? { id, event, data: data.join('\n') } : undefined;
}
