using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Relay.Platform.Public;

/// <summary>Reads the small forms of public pages.</summary>
internal static class PublicForm
{
    private const int MaxBytes = 16 * 1024;
    private const int MaxFields = 200;

    private static readonly FormOptions Bounds = new()
    {
        BufferBodyLengthLimit = MaxBytes,
        ValueLengthLimit = MaxBytes,
        KeyLengthLimit = 256,
        ValueCountLimit = MaxFields,
        MultipartBodyLengthLimit = MaxBytes,
        MultipartHeadersLengthLimit = MaxBytes,
    };

    /// <summary>Null when it is no form, or larger than any of ours.</summary>
    public static async ValueTask<IFormCollection?> ReadAsync(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = MaxBytes;
        }

        if (!context.Request.HasFormContentType)
        {
            return null;
        }

        try
        {
            return await new FormFeature(context.Request, Bounds).ReadFormAsync(context.RequestAborted);
        }
        catch (Exception malformed) when (malformed is InvalidDataException or BadHttpRequestException)
        {
            return null;
        }
    }
}
