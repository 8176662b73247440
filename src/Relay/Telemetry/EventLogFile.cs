using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;
using Relay.Admin;
using Relay.Queue;

namespace Relay;

/// <summary>Every event as a line of JSON in a file that is rotated by size, for collectors. Conversations stay in the history.</summary>
internal sealed class EventLogFile(string path, long maxBytes, int files, ILogger<EventLogFile> log) : IEventFollower, IAsyncDisposable
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase), new QueueIdConverter() },
    };

    private FileStream? _file;

    public async ValueTask FollowAsync(IReadOnlyList<DeliveryEvent> events)
    {
        try
        {
            using var lines = new MemoryStream();
            foreach (var item in events)
            {
                await lines.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(item with { Conversation = null, Step = item.StepWord() }, Json));
                lines.WriteByte((byte)'\n');
            }

            _file ??= Open();
            if (_file.Length > 0 && _file.Length + lines.Length > maxBytes)
            {
                await RotateAsync();
            }

            lines.Position = 0;
            await lines.CopyToAsync(_file);
            await _file.FlushAsync();
        }
        catch (Exception trouble) when (trouble is IOException or UnauthorizedAccessException)
        {
            RelayLog.EventLogFailed(log, trouble);
        }
    }

    public ValueTask DisposeAsync() => _file?.DisposeAsync() ?? ValueTask.CompletedTask;

    private FileStream Open() => new(path, FileMode.Append, FileAccess.Write, FileShare.Read | FileShare.Delete, 64 * 1024, FileOptions.Asynchronous);

    /// <summary>events.log → events.log.1 → events.log.2 …; the oldest goes.</summary>
    private async ValueTask RotateAsync()
    {
        await _file!.DisposeAsync();
        _file = null;
        for (var i = files - 1; i >= 0; i--)
        {
            var from = i == 0 ? path : $"{path}.{i}";
            if (!File.Exists(from))
            {
                continue;
            }

            if (i == files - 1)
            {
                File.Delete(from);
            }
            else
            {
                File.Move(from, $"{path}.{i + 1}", overwrite: true);
            }
        }

        _file = Open();
    }

    private sealed class QueueIdConverter : JsonConverter<QueueId>
    {
        public override QueueId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => QueueId.Parse(reader.GetString()!);

        public override void Write(Utf8JsonWriter writer, QueueId value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
    }
}
