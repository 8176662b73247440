using Relay.Mail;

namespace Relay.Smtp.Client;

/// <summary>Plays one transaction and notes the reply that decides for each recipient.</summary>
/// <remarks>
/// 1. Refuse here what the peer's extensions rule out. 2. MAIL, RCPT…, DATA: as one group where the peer pipelines, else step by step.
/// 3. Content and, once the caller has noted that it goes, the final dot or the last chunk (RFC 3030 §2). 4. The last reply decides for all
/// recipients still open. Trouble on the way decides for them too: without a reply, and as "may have been accepted" only behind the final dot (RFC 5321 §6.1).
/// </remarks>
internal sealed class TransactionRun
{
    // A longer group could fill both directions and block both ends (RFC 2920 §3.1).
    private const int MaxPipelinedRecipients = 100;
    private const int MaxPipelinedChunks = 4;

    private readonly SmtpClientConnection _connection;
    private readonly PeerExtensions _extensions;
    private readonly SmtpClientTimeouts _timeouts;
    private readonly ClientTransaction _transaction;
    private readonly RecipientResult?[] _results;
    private readonly int[] _asked;
    private readonly bool _isPipelined;
    private readonly bool _isChunked;
    private bool _isMailRefused;
    private bool _needsReset;
    private bool _awaitsGroup;
    private bool _isChunkingRefused;

    private TransactionRun(SmtpClientConnection connection, PeerExtensions extensions, SmtpClientTimeouts timeouts, ClientTransaction transaction, bool isEncrypted)
    {
        _connection = connection;
        _extensions = extensions;
        _timeouts = timeouts;
        _transaction = transaction;
        _results = new RecipientResult?[transaction.Envelope.Recipients.Count];
        _isPipelined = extensions.Pipelining && transaction.UsePipelining;
        _isChunked = extensions.Chunking && (transaction.UseChunking || transaction.Envelope.BodyType == BodyType.BinaryMime);
        _asked = RefuseLocally(isEncrypted);
    }

    public static async ValueTask<TransactionResult> PlayAsync(
        SmtpClientConnection connection, PeerExtensions extensions, SmtpClientTimeouts timeouts, ClientTransaction transaction, bool isEncrypted, CancellationToken cancellationToken)
    {
        var run = new TransactionRun(connection, extensions, timeouts, transaction, isEncrypted);
        try
        {
            await run.PlayAsync(cancellationToken);
            return run.Result(null);
        }
        catch (SmtpProtocolException trouble)
        {
            connection.Break();
            run.Settle(trouble.Reply, trouble.Step, trouble is { Step: TransactionStep.FinalDot, Reply: null });
            return run.Result(trouble.Message) with { IsPipeliningSuspect = run._awaitsGroup && trouble.Reply is null };
        }
        catch
        {
            // A cancelled caller or unreadable content: the peer waits in the middle of something.
            connection.Break();
            throw;
        }
    }

    private async ValueTask PlayAsync(CancellationToken cancellationToken)
    {
        if (_asked.Length == 0)
        {
            return;
        }

        var data = _isPipelined
            ? await OpenPipelinedAsync(cancellationToken)
            : await OpenStepwiseAsync(cancellationToken);
        if (_isChunked && HasOpenRecipients)
        {
            await SendChunksAsync(cancellationToken);
        }
        else if (data is { IsIntermediate: true })
        {
            await SendContentAsync(cancellationToken);
        }
        else if (data is not null)
        {
            Settle(data, TransactionStep.Data);
        }

        if (_needsReset)
        {
            await AskResetAsync(cancellationToken);
        }
    }

    /// <summary>The reply to DATA, or null when it does not matter any more.</summary>
    private async ValueTask<SmtpReply?> OpenPipelinedAsync(CancellationToken cancellationToken)
    {
        _connection.Append(EnvelopeCommands.Mail(_transaction, _extensions));
        for (var start = 0; ; start += MaxPipelinedRecipients)
        {
            var end = Math.Min(start + MaxPipelinedRecipients, _asked.Length);
            var isLast = end == _asked.Length;
            AppendRecipients(start, end);
            if (isLast && !_isChunked)
            {
                _connection.Append("DATA");
            }

            _awaitsGroup = true;
            await _connection.FlushAsync(start == 0 ? TransactionStep.Mail : TransactionStep.Recipient, _timeouts.Mail, cancellationToken);
            if (start == 0)
            {
                TakeMail(await ReadAsync(TransactionStep.Mail, _timeouts.Mail, cancellationToken));
            }

            for (var i = start; i < end; i++)
            {
                TakeRecipient(_asked[i], await ReadAsync(TransactionStep.Recipient, _timeouts.Recipient, cancellationToken));
            }

            if (isLast && _isChunked)
            {
                _awaitsGroup = false;
                return null;
            }

            if (isLast)
            {
                var data = TakeData(await ReadAsync(TransactionStep.Data, _timeouts.DataInitiation, cancellationToken));
                _awaitsGroup = false;
                return HasOpenRecipients ? data : await SendNothingAsync(data, cancellationToken);
            }

            _awaitsGroup = false;
            if (_isMailRefused)
            {
                return null;
            }
        }
    }

    private async ValueTask<SmtpReply?> OpenStepwiseAsync(CancellationToken cancellationToken)
    {
        var mail = EnvelopeCommands.Mail(_transaction, _extensions);
        TakeMail(await AskAsync(mail, TransactionStep.Mail, _timeouts.Mail, cancellationToken));
        if (_isMailRefused)
        {
            return null;
        }

        foreach (var index in _asked)
        {
            var command = EnvelopeCommands.Recipient(_transaction.Envelope.Recipients[index], _extensions);
            TakeRecipient(index, await AskAsync(command, TransactionStep.Recipient, _timeouts.Recipient, cancellationToken));
        }

        return HasOpenRecipients && !_isChunked
            ? TakeData(await AskAsync("DATA", TransactionStep.Data, _timeouts.DataInitiation, cancellationToken))
            : null;
    }

    private void AppendRecipients(int start, int end)
    {
        for (var i = start; i < end; i++)
        {
            _connection.Append(EnvelopeCommands.Recipient(_transaction.Envelope.Recipients[_asked[i]], _extensions));
        }
    }

    private void TakeMail(SmtpReply reply)
    {
        _isMailRefused = !reply.IsPositive;
        if (reply.IsIntermediate)
        {
            throw Violation(TransactionStep.Mail, reply);
        }

        if (_isMailRefused)
        {
            Settle(reply, TransactionStep.Mail);
        }
        else
        {
            _needsReset = true;
        }
    }

    private void TakeRecipient(int index, SmtpReply reply)
    {
        if (_isMailRefused)
        {
            return;
        }

        if (reply.IsIntermediate)
        {
            throw Violation(TransactionStep.Recipient, reply);
        }

        if (!reply.IsPositive)
        {
            _results[index] = new RecipientResult(reply, TransactionStep.Recipient, false);
        }
    }

    private SmtpReply TakeData(SmtpReply reply)
    {
        if (reply.IsPositive)
        {
            throw Violation(TransactionStep.Data, reply);
        }

        return reply;
    }

    /// <summary>All were refused, yet DATA was already sent: a peer that asks for content gets a lone dot (RFC 2920 §3.1).</summary>
    private async ValueTask<SmtpReply?> SendNothingAsync(SmtpReply data, CancellationToken cancellationToken)
    {
        if (data.IsIntermediate)
        {
            await AskAsync(".", TransactionStep.FinalDot, _timeouts.DataTermination, cancellationToken);
            _needsReset = false;
        }

        return null;
    }

    private async ValueTask SendContentAsync(CancellationToken cancellationToken)
    {
        _connection.ThrowIfAhead(TransactionStep.Content);
        using (var writer = new DataWriter(_connection, _timeouts.DataBlock, _transaction.SizeBytes))
        {
            var noted = NoteAsync();
            await TransactionContent.CopyAsync(_transaction, writer.WriteAsync, cancellationToken);
            await noted;
            await writer.FinishAsync(cancellationToken);
            _connection.Log.AddContent(writer.ContentBytes);
        }

        if (_connection.IsLmtp)
        {
            await TakeFinalRepliesAsync(cancellationToken);
        }
        else
        {
            Settle(await ReadFinalAsync(cancellationToken), TransactionStep.FinalDot);
        }

        _needsReset = false;
    }

    private async ValueTask SendChunksAsync(CancellationToken cancellationToken)
    {
        using var writer = new ChunkWriter(_connection, _timeouts, _transaction, window: _isPipelined ? MaxPipelinedChunks : 1);
        var noted = NoteAsync();
        var isWanted = await TransactionContent.CopyAsync(_transaction, writer.WriteAsync, cancellationToken);
        await noted;
        var refusal = isWanted ? await writer.FinishAsync(cancellationToken) : writer.Refusal;
        if (writer.IsUnknownCommand)
        {
            // What was meant as content may have been read as commands: nothing more is said on this connection.
            _isChunkingRefused = true;
            throw _connection.Broken(TransactionStep.Content, $"the peer offers CHUNKING, but answered BDAT with {refusal}");
        }

        Settle(refusal ?? writer.Final!, refusal is null || writer.IsLastSent ? TransactionStep.FinalDot : TransactionStep.Content);
        _needsReset = refusal is not null;
    }

    private Task NoteAsync() => _transaction.BeforeFinalDot is not { } note
        ? Task.CompletedTask
        : note([.. Enumerable.Range(0, _results.Length).Where(i => _results[i] is null)]).AsTask();

    /// <summary>LMTP answers for each recipient it took, in their order (RFC 2033 §4.2).</summary>
    private async ValueTask TakeFinalRepliesAsync(CancellationToken cancellationToken)
    {
        foreach (var index in _asked.Where(i => _results[i] is null))
        {
            _results[index] = new RecipientResult(await ReadFinalAsync(cancellationToken), TransactionStep.FinalDot, false);
        }
    }

    private async ValueTask<SmtpReply> ReadFinalAsync(CancellationToken cancellationToken)
    {
        var reply = await ReadAsync(TransactionStep.FinalDot, _timeouts.DataTermination, cancellationToken);
        return reply.IsIntermediate ? throw Violation(TransactionStep.FinalDot, reply) : reply;
    }

    // Everybody is decided already: whatever fails here only loses the connection.
    private async ValueTask AskResetAsync(CancellationToken cancellationToken)
    {
        try
        {
            var reply = await AskAsync("RSET", TransactionStep.Reset, _timeouts.Mail, cancellationToken);
            if (!reply.IsPositive)
            {
                throw Violation(TransactionStep.Reset, reply);
            }
        }
        catch (OperationCanceledException)
        {
            _connection.Break();
        }
    }

    private async ValueTask<SmtpReply> AskAsync(string command, TransactionStep step, TimeSpan timeout, CancellationToken cancellationToken)
    {
        _connection.Append(command);
        await _connection.FlushAsync(step, timeout, cancellationToken);
        return await ReadAsync(step, timeout, cancellationToken);
    }

    private async ValueTask<SmtpReply> ReadAsync(TransactionStep step, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var reply = await _connection.ReadReplyAsync(step, timeout, cancellationToken);
        return reply.Code == 421
            ? throw new SmtpProtocolException(step, reply, $"the peer closes the connection: {reply}")
            : reply;
    }

    private SmtpProtocolException Violation(TransactionStep step, SmtpReply reply) =>
        _connection.Broken(step, $"the peer answered {reply.Code} to {StepNames.Of(step)}, which is against the protocol");

    private bool HasOpenRecipients => _results.AsSpan().Contains(null);

    private void Settle(SmtpReply? reply, TransactionStep step, bool mayHaveBeenAccepted = false)
    {
        foreach (ref var result in _results.AsSpan())
        {
            result ??= new RecipientResult(reply, step, mayHaveBeenAccepted);
        }
    }

    private TransactionResult Result(string? failure) => new()
    {
        IsChunkingRefused = _isChunkingRefused,
        Recipients = _results!,
        IsConnectionUsable = !_connection.IsBroken && !_connection.HasUnreadInput,
        Failure = failure,
    };

    /// <summary>Returns the indexes of the recipients left to ask for.</summary>
    private int[] RefuseLocally(bool isEncrypted)
    {
        if (LocalRefusals.OfMessage(_transaction, _extensions, isEncrypted) is { } refusal)
        {
            Array.Fill(_results, new RecipientResult(refusal, TransactionStep.Mail, false) { IsOurs = true });
            return [];
        }

        var asked = new List<int>(_results.Length);
        for (var i = 0; i < _results.Length; i++)
        {
            if (LocalRefusals.OfRecipient(_transaction.Envelope.Recipients[i], _extensions) is { } local)
            {
                _results[i] = new RecipientResult(local, TransactionStep.Recipient, false) { IsOurs = true };
            }
            else
            {
                asked.Add(i);
            }
        }

        return [.. asked];
    }
}
