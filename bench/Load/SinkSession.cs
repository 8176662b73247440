using System.Net.Sockets;

namespace Relay.Bench.Load;

/// <summary>One connection at the destination. The whole message is gathered, its number and signature are looked for in its header block.</summary>
internal sealed class SinkSession(Socket socket, MessageLedger ledger, TimeSpan? deferralDelay, Action noteDeferral, Action<int> noteTaken)
{
    private const int MaxMessageBytes = 8 << 20;

    private byte[] _input = new byte[16 * 1024];
    private readonly byte[] _output = new byte[8 * 1024];
    private int _start;
    private int _end;
    private int _searched;
    private int _written;
    private bool _inContent;
    private int _recipients;
    private bool _hasEnded;
    private int _deferred;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var _ = socket;
        try
        {
            Reply("220 sink.test ESMTP\r\n"u8);
            while (await FlushAsync(cancellationToken) && await FillAsync(cancellationToken))
            {
                while (TakeNext())
                {
                    if (_written > _output.Length / 2 && !await FlushAsync(cancellationToken))
                    {
                        return;
                    }
                }
            }
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException)
        {
            // The other side hung up, or the run is over.
        }
    }

    private async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_start > 0)
        {
            _input.AsSpan(_start, _end - _start).CopyTo(_input);
            _searched -= _start;
            _end -= _start;
            _start = 0;
        }

        if (_end == _input.Length)
        {
            if (_end >= MaxMessageBytes)
            {
                return false;
            }

            Array.Resize(ref _input, _end * 2);
        }

        var read = await socket.ReceiveAsync(_input.AsMemory(_end), cancellationToken);
        _end += read;
        return read > 0;
    }

    private async ValueTask<bool> FlushAsync(CancellationToken cancellationToken)
    {
        if (_deferred > 0)
        {
            if (deferralDelay is { } delay && delay > TimeSpan.Zero)
            {
                await Task.Delay(delay * _deferred, TimeProvider.System, cancellationToken);
            }

            _deferred = 0;
        }

        for (var sent = 0; sent < _written;)
        {
            sent += await socket.SendAsync(_output.AsMemory(sent, _written - sent), cancellationToken);
        }

        _written = 0;
        return !_hasEnded;
    }

    private bool TakeNext() => _inContent ? TakeContent() : TakeCommand();

    private bool TakeContent()
    {
        var from = Math.Max(_start, _searched - 4);
        var found = _input.AsSpan(from, _end - from).IndexOf("\r\n.\r\n"u8);
        if (found < 0)
        {
            _searched = _end;
            return false;
        }

        var message = _input.AsSpan(_start, from + found + 2 - _start);
        var headers = message.IndexOf("\r\n\r\n"u8) is var end && end >= 0 ? message[..end] : message;
        ledger.NoteArrived(TestMessage.FindNumber(headers), headers.IndexOf("DKIM-Signature:"u8) >= 0);
        noteTaken(_recipients);
        _start = from + found + 5;
        _searched = _start;
        _inContent = false;
        Reply("250 2.0.0 taken\r\n"u8);
        return true;
    }

    private bool TakeCommand()
    {
        var length = _input.AsSpan(_start, _end - _start).IndexOf("\r\n"u8);
        if (length < 0 || _hasEnded)
        {
            return false;
        }

        Answer(_input.AsSpan(_start, Math.Min(4, length)));
        _start += length + 2;
        _searched = _start;
        return true;
    }

    private void Answer(ReadOnlySpan<byte> verb)
    {
        if (verb.SequenceEqual("EHLO"u8))
        {
            Reply("250-sink.test\r\n250-PIPELINING\r\n250-SIZE 0\r\n250 8BITMIME\r\n"u8);
        }
        else if (verb.SequenceEqual("MAIL"u8))
        {
            _recipients = 0;
            Reply("250 2.1.0 ok\r\n"u8);
        }
        else if (verb.SequenceEqual("RCPT"u8))
        {
            AnswerRecipient();
        }
        else if (verb.SequenceEqual("DATA"u8))
        {
            _inContent = _recipients > 0;
            Reply(_inContent ? "354 go on\r\n"u8 : "503 5.5.1 no recipients\r\n"u8);
        }
        else
        {
            _hasEnded = verb.SequenceEqual("QUIT"u8);
            Reply(_hasEnded ? "221 2.0.0 bye\r\n"u8 : "250 2.0.0 ok\r\n"u8);
        }
    }

    private void AnswerRecipient()
    {
        if (deferralDelay is null)
        {
            _recipients++;
            Reply("250 2.1.5 ok\r\n"u8);
            return;
        }

        _deferred++;
        noteDeferral();
        Reply("451 4.7.1 try again later\r\n"u8);
    }

    private void Reply(ReadOnlySpan<byte> text)
    {
        text.CopyTo(_output.AsSpan(_written));
        _written += text.Length;
    }
}
