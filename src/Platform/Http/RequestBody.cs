using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Relay.Platform;

/// <summary>A JSON request body in pooled pieces, counted against the common budget; to be disposed.</summary>
/// <remarks>Memory is taken as octets arrive, so that announcing a large body blocks nobody; who sends too slowly is cut off by the server.</remarks>
public sealed class RequestBody : IDisposable
{
    private const int PieceBytes = 64 * 1024;

    private readonly BodyBudget _budget;
    private readonly List<byte[]> _pieces = [];
    private long _taken;
    private int _lastLength;

    private RequestBody(BodyBudget budget) => _budget = budget;

    /// <summary>The octets, without byte order mark; valid until disposed.</summary>
    public ReadOnlySequence<byte> Bytes { get; private set; }

    /// <summary>Reads the whole body.</summary>
    /// <param name="maxBytes">Larger bodies are refused with 413; replaces the server's general limit.</param>
    /// <param name="otherType">A media type that is taken beside JSON.</param>
    public static async ValueTask<ApiResult<RequestBody>> ReadAsync(HttpContext context, long maxBytes, string? otherType = null)
    {
        if (CheckHead(context.Request, maxBytes, otherType) is { } refusal)
        {
            return refusal;
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = maxBytes;
        }

        var body = new RequestBody(context.RequestServices.GetRequiredService<BodyBudget>());
        ApiFault? fault;
        try
        {
            fault = await body.FillAsync(context.Request.Body, maxBytes, context.RequestAborted);
        }
        catch
        {
            body.Dispose();
            throw;
        }

        if (fault is null)
        {
            return body;
        }

        body.Dispose();
        return fault;
    }

    /// <summary>Counts further memory that lives as long as the body; false when there is none.</summary>
    public bool TryTake(long bytes)
    {
        if (!_budget.TryTake(bytes))
        {
            return false;
        }

        _taken += bytes;
        return true;
    }

    public void Dispose()
    {
        Bytes = default;
        _pieces.ForEach(piece => ArrayPool<byte>.Shared.Return(piece));
        _pieces.Clear();
        _budget.Return(_taken);
        _taken = 0;
    }

    internal static ApiFault Busy() => ApiFault.Unavailable("the server holds as many requests as it can; try again in a moment", BodyBudget.RetryAfter);

    private static ApiFault? CheckHead(HttpRequest request, long maxBytes, string? otherType)
    {
        if (request.ContentLength > maxBytes)
        {
            return TooLarge(maxBytes);
        }

        var isJson = request.ContentType is null || request.HasJsonContentType() || (otherType is not null && IsOf(request, otherType));
        var isPlain = request.Headers.ContentEncoding.Count == 0 || request.Headers.ContentEncoding == "identity";
        return isJson && isPlain
            ? null
            : new ApiFault(StatusCodes.Status415UnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE", $"send the body as application/json in UTF-8{(otherType is null ? string.Empty : " or as " + otherType)}, without content encoding");
    }

    /// <summary>Is the body of this media type, whatever its parameters?</summary>
    internal static bool IsOf(HttpRequest request, string mediaType) =>
        Microsoft.Net.Http.Headers.MediaTypeHeaderValue.TryParse(request.ContentType, out var type) && type.MediaType.Equals(mediaType, StringComparison.OrdinalIgnoreCase);

    private async ValueTask<ApiFault?> FillAsync(Stream source, long maxBytes, CancellationToken cancellationToken)
    {
        long total = 0;
        while (true)
        {
            if (_pieces.Count == 0 || _lastLength == PieceBytes)
            {
                if (!TryTake(PieceBytes))
                {
                    return Busy();
                }

                _pieces.Add(ArrayPool<byte>.Shared.Rent(PieceBytes));
                _lastLength = 0;
            }

            var count = await source.ReadAsync(_pieces[^1].AsMemory(_lastLength, PieceBytes - _lastLength), cancellationToken);
            _lastLength += count;
            total += count;
            if (total > maxBytes)
            {
                return TooLarge(maxBytes);
            }

            if (count == 0)
            {
                Bytes = WithoutMark(Join());
                return Bytes.IsEmpty ? ApiFault.BadRequest("the body is empty; send JSON") : null;
            }
        }
    }

    private static ApiFault TooLarge(long maxBytes) =>
        ApiFault.TooLarge(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"the request body may have {maxBytes} octets at most"));

    private ReadOnlySequence<byte> Join()
    {
        Piece? first = null;
        Piece? last = null;
        for (var i = 0; i < _pieces.Count; i++)
        {
            last = new Piece(_pieces[i].AsMemory(0, i == _pieces.Count - 1 ? _lastLength : PieceBytes), last);
            first ??= last;
        }

        return new ReadOnlySequence<byte>(first!, 0, last!, last!.Memory.Length);
    }

    private static ReadOnlySequence<byte> WithoutMark(ReadOnlySequence<byte> bytes)
    {
        ReadOnlySpan<byte> mark = [0xef, 0xbb, 0xbf];
        var reader = new SequenceReader<byte>(bytes);
        return reader.IsNext(mark, advancePast: true) ? reader.UnreadSequence : bytes;
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, Piece? previous)
        {
            Memory = memory;
            if (previous is not null)
            {
                RunningIndex = previous.RunningIndex + previous.Memory.Length;
                previous.Next = this;
            }
        }
    }
}
