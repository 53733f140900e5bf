import { describe, expect, it } from 'vitest';
import { explain, refusalReason, toRedisError } from '../../../../lib/connections/redis/redis-error.js';
import { RedisCommandError } from '../../../../lib/errors/index.js';

const reply = (message: string): Error => Object.assign(new Error(message), { name: 'ReplyError' });

describe('explain', () => {
  it.each([
    ["OOM command not allowed when used memory > 'maxmemory'.", 'let workers drain it'],
    ["READONLY You can't write against a read only replica.", 'connect to the primary'],
    ['WRONGTYPE Operation against a key holding the wrong kind of value', 'rename or delete that key'],
    ["NOPERM this user has no permissions to run the 'lpush' command", 'README lists under "Redis users"'],
    ["ERR The user executing the script can't run this command or subcommand", 'README lists under "Redis users"'],
    ['ERR ACL failure in script: No permissions to access a channel.', 'README lists under "Redis users"'], // since 7.2
    ['MISCONF Redis is configured to save RDB snapshots', 'look into its log'],
    ['LOADING Redis is loading the dataset in memory', 'it will answer soon'],
    ['NOREPLICAS Not enough good replicas to write.', 'min-replicas-to-write'],
    ['MOVED 866 127.0.0.1:7001', 'use a single server'],
  ])('says what to do about %s', (message, advice) => {
    expect(explain(message)).toContain(advice);
  });

  it('sees through what Redis 6 puts before the words of a script, and Redis 7 behind them', () => {
    const sha = 'a'.repeat(40);
    const words = "OOM command not allowed when used memory > 'maxmemory'.";

    for (const message of [
      `ERR Error running script (call to f_${sha}): @user_script: 14: -${words}`,
      `ERR Error running script (call to f_${sha}): @user_script:14: @user_script: 14: -${words}`, // 6.2
      `${words} script: ${sha}, on @user_script:14.`,
    ]) {
      expect(explain(message)).toMatch(/^OOM command .*drain it/);
      expect(explain(message)).not.toContain(sha);
    }
  });

  it('passes on what it has no advice for', () => {
    expect(explain('ERR odd')).toBe('ERR odd.');
  });
});

describe('refusalReason', () => {
  it.each([
    ['WRONGPASS invalid username-password pair or user is disabled.', 'wrong user or password'],
    ['ERR AUTH <password> called without any password configured', 'wrong user or password'],
    ['NOAUTH Authentication required.', 'the URL has none'],
    ['ERR DB index is out of range', 'no such database'],
    ['NOPERM no', 'README lists'],
  ])('tells of %s', (message, words) => {
    expect(refusalReason(message)).toContain(words);
  });
});

describe('toRedisError', () => {
  it('wraps what the server said, with what was being done', () => {
    const error = toRedisError(reply('OOM x'), 'redis://h:6379/0', 'publish');

    expect(error).toBeInstanceOf(RedisCommandError);
    expect(String(error)).toContain('Redis "redis://h:6379/0" refused to publish: OOM x');
  });

  it('leaves other errors as they are', () => {
    const error = new Error('x');

    expect(toRedisError(error, 's', 'w')).toBe(error);
  });
});
