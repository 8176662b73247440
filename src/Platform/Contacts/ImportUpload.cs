using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using Relay.Platform.Jobs;
using Relay.Queue;

namespace Relay.Platform.Contacts;

/// <summary>Receives a file of contacts onto the disk as it arrives: the body itself, or the first file of a form.</summary>
internal sealed class ImportUpload(JobFiles files, IQueueStore queue)
{
    public const long MaxBytes = 1L << 30;

    private const int BlockBytes = 64 * 1024;
    private const long CheckEvery = 16 * 1024 * 1024;

    /// <returns>Octets received and the name the client gave, if any; or why the file was not taken.</returns>
    public async ValueTask<ApiResult<ReceivedFile>> ReceiveAsync(HttpContext context, long accountId, Guid id)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = MaxBytes;
        }

        if ((await OpenAsync(context)).Failed(out var fault, out var source))
        {
            return fault;
        }

        try
        {
            await using (var file = files.CreateInput(accountId, id))
            {
                if (await CopyAsync(source.Content, file, context.RequestAborted) is { } trouble)
                {
                    files.DeleteInput(id);
                    return trouble;
                }

                await file.FlushAsync(context.RequestAborted);
                ((FileStream)file).Flush(flushToDisk: true);
            }

            files.CompleteInput(accountId, id);
            return source;
        }
        catch
        {
            files.DeleteInput(id);
            throw;
        }
    }

    private async ValueTask<ApiFault?> CopyAsync(Stream source, Stream file, CancellationToken cancellationToken)
    {
        var block = new byte[BlockBytes];
        long total = 0;
        long nextCheck = 0;
        int count;
        while ((count = await source.ReadAsync(block, cancellationToken)) > 0)
        {
            total += count;
            if (total > nextCheck)
            {
                if (!queue.Health.IsHealthy)
                {
                    return ApiFault.Unavailable("the server cannot store anything right now; try again later", TimeSpan.FromSeconds(10));
                }

                nextCheck += CheckEvery;
            }

            await file.WriteAsync(block.AsMemory(0, count), cancellationToken);
        }

        return total == 0 ? ApiFault.BadRequest("the file is empty") : null;
    }

    private static async ValueTask<ApiResult<ReceivedFile>> OpenAsync(HttpContext context)
    {
        var request = context.Request;
        if (request.ContentLength > MaxBytes)
        {
            return ApiFault.TooLarge(string.Create(CultureInfo.InvariantCulture, $"a file may have {MaxBytes} octets at most"));
        }

        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type) || !type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase))
        {
            return request.HasJsonContentType()
                ? new ApiFault(StatusCodes.Status415UnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE", "send the file itself as text/csv, or as a file of a form (multipart/form-data)")
                : new ReceivedFile(request.Body, null, type?.Charset.Value);
        }

        var boundary = HeaderUtilities.RemoveQuotes(type.Boundary).Value;
        if (string.IsNullOrEmpty(boundary))
        {
            return ApiFault.BadRequest("the form has no boundary");
        }

        var form = new MultipartReader(boundary, request.Body);
        while (await form.ReadNextSectionAsync(context.RequestAborted) is { } section)
        {
            if (section.AsFileSection() is { FileStream: { } content } file)
            {
                return new ReceivedFile(content, file.FileName, null);
            }
        }

        return ApiFault.BadRequest("the form holds no file");
    }
}

/// <param name="Name">As the client gave it; null when it gave none.</param>
/// <param name="Charset">As the client gave it; null when it gave none.</param>
internal sealed record ReceivedFile(Stream Content, string? Name, string? Charset);
